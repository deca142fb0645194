/**
 * The node process. `camshard up` runs it as a child and hears from it over IPC; it can also be run by itself.
 *
 * The configuration comes whole, as JSON in CAMSHARD_NODE_CONFIG, from the parent that has already checked it; without
 * that, from the file, the variables and the defaults as for any command.
 */
import { readFileSync } from 'node:fs';
import { loadConfig } from '../config/load.ts';
import { type NodeConfig, nodeConfigSchema } from '../config/schema.ts';
import { systemClock } from '../core/clock.ts';
import { errorCode, errorMessage } from '../core/errors.ts';
import { startNode } from './service.ts';
import type { ChildMessage } from './supervise/protocol.ts';
import { HEARTBEAT_MS } from './supervise/silence-watch.ts';
import { createLog } from './telemetry/log.ts';
import { processLine } from './telemetry/process-line.ts';

/** Time for the message to the parent to leave. */
const FATAL_EXIT_MS = 100;

/** A parent that has just gone is no fault of ours: `disconnect` tells of it. */
const tellParent = (message: ChildMessage): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};

function readConfig(): NodeConfig {
  const given = process.env.CAMSHARD_NODE_CONFIG;
  // Child processes of ours must not inherit the token that may be in there.
  delete process.env.CAMSHARD_NODE_CONFIG;
  if (given !== undefined) return nodeConfigSchema.parse(JSON.parse(given)) as NodeConfig;
  return loadConfig({ env: process.env }).config;
}

function readVersion(): string {
  const here = import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json';
  const manifest: unknown = JSON.parse(readFileSync(new URL(here, import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0';
}

async function main(): Promise<void> {
  const config = readConfig();
  const { log, close: closeLog } = createLog(config);
  const die = (error: unknown): void => {
    log.fatal({ err: error }, 'a bug: the node cannot go on');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);

  // A thread stuck in native code would hold up even process.exit: the parent kills us if it comes to that.
  const onFatal = (error: Error): void => {
    log.fatal({ err: error }, 'the node cannot go on');
    tellParent({ kind: 'fatal', code: errorCode(error), message: errorMessage(error) });
    setTimeout(() => process.exit(1), FATAL_EXIT_MS);
  };
  // The clock's timers keep nobody alive: this process lives until it says so, however few sockets are left.
  setInterval(() => {}, 2 ** 30);

  const node = await startNode({ config, version: readVersion(), log, onFatal });
  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'stopping');
    node.stop().then(
      () => {
        closeLog();
        process.exit(0);
      },
      (error) => die(error),
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  // The parent is gone (kill -9): nobody would restart or stop this node any more.
  if (process.send !== undefined) {
    process.on('disconnect', () => stop('parent gone'));
    // It went while the node was starting, before anybody listened.
    if (!process.connected) stop('parent gone');
  }

  await node.ready;
  tellParent({ kind: 'ready', url: node.url });
  // From this thread on purpose: a main loop that stands still is what the parent listens for. It ends with the process.
  if (process.send !== undefined) systemClock.every(HEARTBEAT_MS, () => tellParent({ kind: 'alive' }));
  if (process.send === undefined) process.stdout.write(`${node.url}\n`);
}

main().catch((error: unknown) => {
  const code = errorCode(error);
  const line = { process: 'node', level: 'fatal', time: systemClock.wallMs(), code, msg: errorMessage(error) } as const;
  process.stderr.write(`${processLine(line, process.stderr.isTTY === true)}\n`);
  // Not by itself: the timer above, or threads of a node half started, would keep the process for good.
  const exit = (): never => process.exit(1);
  if (process.send === undefined) exit();
  else
    process.send({ kind: 'fatal', code: errorCode(error), message: errorMessage(error) } satisfies ChildMessage, exit);
});
