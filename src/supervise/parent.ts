import { KILL_AFTER_GRACE_MS } from '../../config/limits.ts';
import type { NodeConfig } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import { blameFrames } from '../crash/blame.ts';
import { forkChild } from './fork-child.ts';
import { freePort } from './free-port.ts';
import { describeExit, type EndedChild, KeptChild } from './kept-child.ts';
import { isNativeCrash } from './native-crash.ts';
import { DEMO_RESTART, NODE_RESTART, type RestartLimits } from './restart-policy.ts';
import { NODE_SILENCE_MS_MAX } from './silence-watch.ts';

/**
 * `camshard up`: a process that does nothing but keep a node process running, so that a native crash (ONNX Runtime,
 * libjpeg) costs a restart and not the service, and a frame that was being worked on in two of them is not tried a third
 * time. A node that hangs is killed.
 */

export interface ParentOptions {
  /** Compiled script of the node process. */
  readonly nodeScript: string;
  /** Checked; the node gets it whole, in `CAMSHARD_NODE_CONFIG`. */
  readonly config: NodeConfig;
  /** Environment of the children; variables of ours are left out. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly demo: DemoOptions | undefined;
  readonly clock: Clock;
  /** Called once, when the node serves for the first time. */
  readonly ready: (url: string) => void;
  readonly log: (line: string) => void;
  readonly limits?: RestartLimits;
  /** A ready node that says nothing for this long is killed. */
  readonly silenceMsMax?: number;
}

export interface DemoOptions {
  readonly script: string;
  readonly cameras: number;
}

/** Decoding runs on libuv's threads, beside file and DNS work. */
const LIBUV_THREADS_DEFAULT = 4;
const DEMO_STOP_MS = 1_000;
/**
 * Has glibc give memory back: drawing allocates and frees whole pictures on several threads, and with an arena a thread
 * the demo was seen to hold 470 MB, with these 210.
 */
const SMALL_HEAP = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };
/** Ctrl-C under npm arrives twice, from the terminal and from npm; only one that comes later means "now". */
const SECOND_SIGNAL_MS = 1_000;

/**
 * Runs a node until it is stopped by SIGTERM, SIGINT or SIGHUP, or never starts.
 * @returns the exit code: the node's own; 1 where it had to be killed or gave up
 */
export async function runParent(options: ParentOptions): Promise<number> {
  const { clock, log, config, limits = NODE_RESTART, silenceMsMax = NODE_SILENCE_MS_MAX } = options;
  const env = withoutOurs(options.env);
  const port = config.server.port === 0 ? await freePort(config.server.host) : config.server.port;
  let url: string | undefined;
  let demo: KeptChild | undefined;

  const node = new KeptChild({
    name: 'the node',
    start: () => {
      const given = JSON.stringify({ ...config, server: { ...config.server, port } });
      // libuv reads this before any of our code runs, so it must come from outside the process.
      const threads = String(Math.max(LIBUV_THREADS_DEFAULT, config.batching.decodersMax));
      const nodeEnv = { UV_THREADPOOL_SIZE: threads, ...env, CAMSHARD_NODE_CONFIG: given };
      return forkChild({ script: options.nodeScript, env: nodeEnv });
    },
    limits,
    stopMsMax: drainMsMax(config) + config.shutdown.graceMs + KILL_AFTER_GRACE_MS,
    silenceMsMax,
    clock,
    log,
    childEnded: (ended) => blame(options, ended),
    ready: (at) => {
      if (url !== undefined) {
        log(`the node serves again at ${at}`);
        return;
      }
      url = at;
      options.ready(at);
      demo = startDemo(options, env, at);
    },
  });

  let signalledAtMs: number | undefined;
  const onSignal = (): void => {
    const nowMs = clock.nowMs();
    if (signalledAtMs === undefined) {
      signalledAtMs = nowMs;
      demo?.stop();
      node.stop();
    } else if (nowMs - signalledAtMs > SECOND_SIGNAL_MS) {
      node.kill();
    }
  };
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  // The clock's timers do not keep the process alive, and between two children nothing else does.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    const end = await node.run();
    demo?.stop();
    await demo?.ended;
    if (end.kind === 'gave_up') {
      log(`the node does not start: ${end.why}`);
      return end.exit.code === null || end.exit.code === 0 ? 1 : end.exit.code;
    }
    if (end.exit.code !== null) return end.exit.code;
    // Stopped before it could take the signal, it had nothing to lose; killed, it may have.
    if (end.exit.signal === 'SIGTERM' && !end.killed) return 0;
    log(`the node was ended by ${describeExit(end.exit)}`);
    return 1;
  } finally {
    clearInterval(alive);
    for (const signal of signals) process.off(signal, onSignal);
  }
}

/** Only where there are other nodes to drain to. */
const drainMsMax = ({ cluster }: NodeConfig): number => (cluster.adapter === 'local' ? 0 : cluster.drainMsMax);

/** Writes down what a crashed node was working on, before the next one starts. */
function blame({ config, clock, log }: ParentOptions, { pid, exit, unexpected }: EndedChild): void {
  const crashed = unexpected && isNativeCrash(exit);
  try {
    const found = blameFrames({ dataDir: config.node.dataDir, pid, crashed, wallMs: clock.wallMs() });
    if (found === undefined) return;
    log(
      `${describeExit(exit)} with ${found.inFlight} frames in flight; ` +
        `${found.quarantined} of them for the second time, which are quarantined`,
    );
  } catch (error) {
    log(`what the node was working on when it crashed is not known: ${errorMessage(error)}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

function startDemo({ demo, config, clock, log }: ParentOptions, env: Environment, url: string): KeptChild | undefined {
  if (demo === undefined || demo.cameras === 0) return undefined;
  // A certificate for the node's public name would not match the loopback address; nobody sits in between there.
  const insecure = config.server.tls === null ? [] : ['--insecure'];
  const args = [`--url=${loopbackUrl(url)}`, `--cameras=${demo.cameras}`, ...insecure];
  // The token goes by environment: other users of the machine can read arguments.
  const childEnv = {
    ...env,
    ...SMALL_HEAP,
    CAMSHARD_TOKEN: config.auth.token ?? undefined,
    CAMSHARD_NODE: config.node.id,
  };
  const child = new KeptChild({
    name: 'the demo',
    start: () => forkChild({ script: demo.script, args, env: childEnv }),
    limits: DEMO_RESTART,
    stopMsMax: DEMO_STOP_MS,
    clock,
    log,
    ready: () => {},
  });
  void child.run();
  return child;
}

/** What is ours in the environment is in the configuration already; children do not read it a second time. */
function withoutOurs(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('CAMSHARD_')));
}

/** A node bound to all addresses is reached by this machine's own. */
export function loopbackUrl(url: string): string {
  const parsed = new URL(url);
  if (parsed.hostname === '0.0.0.0') parsed.hostname = '127.0.0.1';
  if (parsed.hostname === '[::]') parsed.hostname = '[::1]';
  return parsed.href;
}
