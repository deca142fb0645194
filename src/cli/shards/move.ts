import type { OrderDone, ShardAnswer } from '../cluster/answers.ts';
import type { CommandIo } from '../cluster/command-io.ts';
import { OpsApi } from '../cluster/ops-api.ts';
import type { WaitOptions } from '../cluster/ops-options.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { CodedExit, EXIT } from '../exit.ts';

/** Runs `camshard shards move`. @throws CodedExit refused, unfinished, `withdrawn` where it stays where it was */
export async function moveShard(shard: number, to: string, options: WaitOptions, io: CommandIo): Promise<number> {
  const api = new OpsApi(options, io);
  const look = () => api.get<ShardAnswer>(`/v1/shards/${shard}`);
  const before = await look();
  const json = options.json === true;
  const tell = (text: string, row: Pick<ShardAnswer, 'node' | 'epoch' | 'state'>): number => {
    if (json) io.print(JSON.stringify({ shard, node: row.node, epoch: row.epoch, state: row.state }));
    else io.print(text);
    return EXIT.ok;
  };
  if (before.node === to && before.move === null) return tell(`shard ${shard} is on ${to} already`, before);
  const why = options.why === undefined ? {} : { why: options.why };
  await api.send<OrderDone>('POST', '/v1/cluster/moves', { shard, to, ...why });
  if (options.wait === false) return tell(`shard ${shard} begins to move to ${to}`, { ...before, state: 'moving' });
  const after = await waitFor<ShardAnswer>({
    ...{ io, timeoutS: options.timeout, quiet: json, what: `the move of shard ${shard}` },
    look: async () => {
      const now = await look();
      const line = `shard ${shard}: ${now.state} on ${now.node}${now.move === null ? '' : `, to ${now.move.to}`}`;
      const isOver = now.move === null && now.state !== 'starting';
      return isOver ? { line, done: now } : { line };
    },
  });
  if (after.node !== to) {
    const where = `shard ${shard} is on ${after.node}`;
    throw new CodedExit(
      EXIT.fault,
      'withdrawn',
      `${where}: the move to ${to} was withdrawn; camshard cluster events tells`,
    );
  }
  return tell(`shard ${shard} runs on ${to}, epoch ${after.epoch}`, after);
}
