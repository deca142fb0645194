/** One use of a command, as help and docs/cli.md show it and a test parses it. */
export interface Example {
  /** What it does, in a few words. */
  readonly says: string;
  /** As typed, from `camshard` on; one command, no pipes. */
  readonly run: string;
}

const example = (says: string, run: string): Example => ({ says, run });

/** Examples by command, `cameras ls`. Each command that does something has one at least. */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  up: [
    example('try it: a node with four demo cameras', 'camshard up'),
    example('a node with a configuration of its own', 'camshard up --config node.yaml'),
    example('no demo, another port, data elsewhere', 'camshard up --no-demo --port 9000 --data /var/lib/camshard'),
  ],
  push: [
    example('a recording, at its own speed, again and again', 'camshard push north --source street.mp4 --loop'),
    example('a network camera', 'camshard push gate --source rtsp://192.0.2.7/stream1'),
    example(
      'a folder of pictures to a node elsewhere',
      'camshard push belt --source frames/ --url https://node-1:8080',
    ),
  ],
  'cameras ls': [
    example('all cameras of the cluster', 'camshard cameras ls'),
    example('for a script', 'camshard cameras ls --json'),
  ],
  'cameras watch': [
    example('what a camera detects, until Ctrl-C', 'camshard cameras watch north'),
    example('the next ten frames as JSON lines', 'camshard cameras watch north --limit 10 --json'),
  ],
  'cameras set': [
    example('see what would change', 'camshard cameras set north --file north.yaml --dry-run'),
    example('set it, from standard input', 'camshard cameras set north --file -'),
  ],
  'cameras get': [
    example('as it was written', 'camshard cameras get north'),
    example('a past version', 'camshard cameras get north --at 3'),
  ],
  'cameras unset': [example('only where nobody changed it meanwhile', 'camshard cameras unset north --expect 4')],
  'cameras validate': [example('check a file before it goes anywhere', 'camshard cameras validate north.yaml')],
  'cameras versions': [example('who set what, when', 'camshard cameras versions north')],
  'cameras audit': [
    example('the newest entries of one camera', 'camshard cameras audit north --limit 10'),
    example('check the chain of hashes', 'camshard cameras audit --verify'),
  ],
  'alerts ls': [
    example('what is open now', 'camshard alerts ls --state opened'),
    example('the critical ones of a camera', 'camshard alerts ls --severity critical --camera north'),
  ],
  'alerts tail': [
    example('each alert as it opens and closes', 'camshard alerts tail'),
    example('JSON lines for a script', 'camshard alerts tail --severity critical --json'),
  ],
  'alerts ack': [example('say that somebody has seen it', 'camshard alerts ack north:queue:3 --who ann')],
  'history counts': [
    example('the last day by the hour', 'camshard history counts --camera north --by line,direction'),
    example('all of a week as CSV', 'camshard history counts --from -7d --interval day --csv'),
  ],
  'history speeds': [
    example('by day, local time', 'camshard history speeds --from -7d --interval day --tz Europe/Berlin'),
  ],
  'history occupancy': [example('how long queues were', 'camshard history occupancy --metric queue --by zone')],
  'history composition': [
    example('what the belt carried today', 'camshard history composition --camera belt --interval hour'),
  ],
  'history events': [
    example('of the last hour, one a line', 'camshard history events --camera north --from -1h --ndjson'),
  ],
  'history alerts': [example('of a month as CSV', 'camshard history alerts --from -30d --csv')],
  replay: [
    example('try settings on a recording', 'camshard replay street.mp4 --settings north.yaml'),
    example('draw what was found', 'camshard replay street.mp4 --settings north.yaml --annotate out.mp4'),
  ],
  'overload show': [
    example('why frames are shed', 'camshard overload show'),
    example('go on, a line a second', 'camshard overload show --follow'),
  ],
  events: [
    example('the last ten', 'camshard events --limit 10'),
    example('as they happen', 'camshard events --follow'),
  ],
  'quarantine ls': [example('pictures that crashed the node', 'camshard quarantine ls')],
  'quarantine clear': [
    example('try all of them again', 'camshard quarantine clear'),
    example('one of them', 'camshard quarantine clear 0123456789abcdef0123456789abcdef01234567'),
  ],
  'cluster status': [
    example('any node answers for the cluster', 'camshard cluster status --url http://node-1:8080,http://node-2:8080'),
  ],
  'cluster events': [example('what happens, as it happens', 'camshard cluster events --limit 20 --follow')],
  'cluster rounds': [example('what was moved of late', 'camshard cluster rounds')],
  'cluster cancel': [example('take back what has not begun', "camshard cluster cancel round-12 --why 'wrong time'")],
  'nodes ls': [example('every member, alive or dead', 'camshard nodes ls')],
  'nodes drain': [
    example('before maintenance', "camshard nodes drain node-2 --why 'new disk'"),
    example('from a script', 'camshard nodes drain node-2 --yes --timeout 300 --json'),
  ],
  'nodes uncordon': [example('after it', 'camshard nodes uncordon node-2')],
  'nodes remove': [example('a machine that is gone for good', 'camshard nodes remove node-3')],
  'shards ls': [
    example('what moves now', 'camshard shards ls --state moving'),
    example('of one node', 'camshard shards ls --node node-2'),
  ],
  'shards show': [
    example('one shard and its cameras', 'camshard shards show 17'),
    example('who serves a camera', 'camshard shards show --camera north'),
  ],
  'shards plan': [example('what a round would move', 'camshard shards plan')],
  'shards move': [example('hand one over, and wait for it', 'camshard shards move 17 --to node-2')],
  'shards pin': [example('keep it there', "camshard shards pin 17 --to node-2 --why 'its GPU is faster'")],
  'shards unpin': [example('let the loads decide again', 'camshard shards unpin 17')],
  'shards rebalance': [
    example('look first', 'camshard shards rebalance --dry-run'),
    example('do it, and see how it goes', 'camshard shards rebalance --watch'),
  ],
  'models ls': [example('what lies in the data folder', 'camshard models ls')],
  'models show': [example('files and checksums of one', 'camshard models show centernet')],
  'models import': [
    example('build the default model', 'camshard models import'),
    example('another precision, one size', 'camshard models import --precision float16 --size 320'),
  ],
  'models add': [
    example('a YOLO you trained', 'camshard models add best.onnx --name yard --labels pallet,forklift,person'),
    example(
      'its next version, at two sizes, labels from a file',
      'camshard models add best.onnx --name yard@2 --labels names.txt --size 640 320',
    ),
  ],
  'config show': [
    example('what a node would use, and why', 'camshard config show --config node.yaml'),
    example('with a key set', 'camshard config show --set server.port=9000'),
  ],
  'config check': [example('before a node is started with it', 'camshard config check --config node.yaml')],
  'config docs': [example('every key, as Markdown', 'camshard config docs')],
  'config defaults': [example('a file to begin with', 'camshard config defaults')],
  doctor: [
    example('what is missing here', 'camshard doctor'),
    example('for a configuration', 'camshard doctor --config node.yaml --json'),
  ],
  completion: [
    example('bash: add to ~/.bashrc: source <(camshard completion bash)', 'camshard completion bash'),
    example('zsh: add to ~/.zshrc, after compinit: source <(camshard completion zsh)', 'camshard completion zsh'),
    example('fish: save as ~/.config/fish/completions/camshard.fish', 'camshard completion fish'),
  ],
  schema: [
    example('what may be asked for', 'camshard schema'),
    example('what --json of a command prints', 'camshard schema cameras ls'),
    example('what every command prints on stderr when it fails', 'camshard schema error'),
  ],
  help: [example('of a command, or of one below it', 'camshard help shards move')],
  logs: [example('what a node writes, for people', 'camshard logs')],
};
