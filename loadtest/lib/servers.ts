import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NodeConfigInput } from '../../config/schema.ts';
import { systemClock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { SwarmSummary } from '../swarm/swarm.ts';
import { Child, jsonLine } from './child.ts';

/** Where the compiled tree lies, and the package around it. */
const DIST = fileURLToPath(new URL('../../', import.meta.url));
export const PACKAGE_DIR = fileURLToPath(new URL('../../../', import.meta.url));
/** Shared by all runs: building the model takes seconds and gives the same bytes. */
export const MODELS_DIR = join(PACKAGE_DIR, 'data', 'models');

export interface Server {
  readonly child: Child;
  /** `http://127.0.0.1:port` */
  readonly httpUrl: string;
  readonly wsUrl: string;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

/** A TCP port free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const serverOf = (child: Child, httpUrl: string, cleanUp: () => void = () => {}): Server => ({
  child,
  httpUrl,
  wsUrl: httpUrl.replace(/^http/, 'ws'),
  async stop() {
    await child.stop();
    cleanUp();
  },
});

/**
 * Does `use` with a server and stops it, whatever happens. Where `use` fails and the server had ended before, what the
 * server last said is told with the error: it, not the client that could not connect, knows why.
 */
export async function withServer<T>(starting: Promise<Server>, use: (server: Server) => Promise<T>): Promise<T> {
  const server = await starting;
  try {
    return await use(server);
  } catch (cause) {
    const { exitCode, signalCode } = server.child.process;
    if (exitCode === null && signalCode === null) throw cause;
    const said = server.child.lines.slice(-5).join('\n');
    throw new Error(`${errorMessage(cause)}\nthe server had ended with ${exitCode ?? signalCode}:\n${said}`, { cause });
  } finally {
    await server.stop();
  }
}

/** Every frame is analysed, however still its scene: what is measured is work, not how little of it there is. */
export const EVERY_FRAME = {
  gate: { enabled: false },
  flow: { adaptiveSampling: false },
} as const satisfies NodeConfigInput;

/** And at the one input size, so that the same frames are the same work at every load. */
export const SAME_WORK = { ...EVERY_FRAME, overload: { inputSizes: [] } } satisfies NodeConfigInput;

/** Two of them on a machine of two cores: one can fail. */
export const TWO_CPU_DEVICES = {
  devices: [
    { kind: 'cpu', threads: 1 },
    { kind: 'cpu', threads: 1 },
  ],
} satisfies NodeConfigInput;

export interface NodeOptions {
  readonly config?: NodeConfigInput;
  readonly execArgv?: readonly string[];
  /** Starts it as users do, `camshard up` with its parent process, instead of the node process alone. */
  readonly viaParent?: boolean;
}

/**
 * Starts one Camshard node without its parent process, so that what is sampled is the node alone, and waits until it
 * is ready. Its data lie in a folder of their own that ends with it; models are shared.
 */
export async function startNode(options: NodeOptions = {}): Promise<Server> {
  const port = await freePort();
  const dataDir = mkdtempSync(join(tmpdir(), 'camshard-loadtest-'));
  const removeData = (): void => rmSync(dataDir, { recursive: true, force: true });
  process.once('exit', removeData);
  const config: NodeConfigInput = {
    ...options.config,
    node: { dataDir, ...options.config?.node },
    server: { host: '127.0.0.1', port, ...options.config?.server },
    models: { dir: MODELS_DIR, ...options.config?.models },
  };
  const file = join(dataDir, 'node.yaml');
  writeFileSync(file, JSON.stringify(config)); // JSON is YAML
  const child = new Child({
    ...(options.viaParent === true
      ? { entry: join(DIST, 'src', 'cli', 'main.js'), args: ['up', '--no-demo', '--port', String(port)] }
      : { entry: join(DIST, 'src', 'main.js') }),
    env: { CAMSHARD_CONFIG: file },
    ...(options.execArgv === undefined ? {} : { execArgv: options.execArgv }),
  });
  const httpUrl = `http://127.0.0.1:${port}`;
  try {
    await ready(child, `${httpUrl}/readyz`);
  } catch (error) {
    await child.stop(); // a node that is merely late must not be left behind
    throw error;
  }
  return serverOf(child, httpUrl, () => {
    process.removeListener('exit', removeData);
    removeData();
  });
}

async function ready(child: Child, url: string): Promise<void> {
  const untilMs = systemClock.nowMs() + START_TIMEOUT_MS;
  let ended = false;
  void child.exited.then(() => {
    ended = true;
  });
  for (;;) {
    const ok = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.ok;
      },
      () => false,
    );
    if (ok) return;
    if (ended || systemClock.nowMs() > untilMs) {
      const why = ended ? 'the node ended' : `not ready in ${START_TIMEOUT_MS} ms`;
      throw new Error(`${url}: ${why}\n${child.lines.slice(-20).join('\n')}`);
    }
    await sleep(50);
  }
}

/** Starts a server of this folder that prints `{"msg":"ready","url":...}`. */
async function startOwn(entry: string, args: readonly string[]): Promise<Server> {
  const child = new Child({ entry: join(DIST, 'loadtest', entry), args });
  const url = await child.waitForLine(
    'ready line',
    (line) => {
      const object = jsonLine(line);
      return object?.msg === 'ready' && typeof object.url === 'string' ? object.url : undefined;
    },
    START_TIMEOUT_MS,
  );
  return serverOf(child, url);
}

export const startBaseline = (): Promise<Server> => startOwn('baseline/main.js', ['--models', MODELS_DIR]);
export const startSink = (): Promise<Server> => startOwn('sink/main.js', []);

export interface SwarmRun {
  readonly url: string;
  readonly cameras: number;
  readonly fps: number;
  readonly seconds: number;
  readonly frames: string;
  /** Further options as on its command line, e.g. `--results`. */
  readonly flags?: readonly string[];
}

export interface StartedSwarm {
  readonly child: Child;
  /** When all cameras are connected and the load, warm-up first, begins. */
  readonly sending: Promise<unknown>;
  readonly summary: Promise<SwarmSummary>;
}

/** Starts a swarm. A ledger that does not close is told by the summary, not by an error. */
export function startSwarm(run: SwarmRun): StartedSwarm {
  const child = new Child({
    entry: join(DIST, 'loadtest', 'swarm', 'main.js'),
    args: [
      ...['--url', run.url, '--cameras', String(run.cameras), '--fps', String(run.fps)],
      ...['--seconds', String(run.seconds), '--frames', run.frames, '--json', ...(run.flags ?? [])],
    ],
  });
  const sending = child.waitForLine(
    'start of the swarm',
    (line) => (jsonLine(line)?.msg === 'sending' ? true : undefined),
    START_TIMEOUT_MS,
  );
  const summary = child.waitForLine(
    'summary of the swarm',
    (line) => {
      const object = jsonLine(line);
      return object !== undefined && 'latencyMs' in object ? (object as unknown as SwarmSummary) : undefined;
    },
    (run.seconds + 300) * 1000,
  );
  // Whoever waits for the one hears of a failure there; that nobody waits for the other then is no bug.
  sending.catch(() => {});
  summary.catch(() => {});
  return { child, sending, summary };
}

/** {@link startSwarm}, waited for until its process has ended too. */
export async function runSwarm(run: SwarmRun): Promise<SwarmSummary> {
  const { child, summary } = startSwarm(run);
  const result = await summary;
  await child.exited;
  return result;
}
