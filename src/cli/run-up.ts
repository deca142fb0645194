import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type FlagSetting, type LoadedConfig, loadConfig } from '../../config/load.ts';
import { isLoopback } from '../../config/rules.ts';
import type { NodeConfig } from '../../config/schema.ts';
import { systemClock } from '../../core/clock.ts';
import { CamshardError } from '../../core/errors.ts';
import { runParent } from '../supervise/parent.ts';
import { processLine } from '../telemetry/process-line.ts';
import type { UpOptions } from './up.ts';

/** Demo cameras of a node started with nothing else said. */
const DEMO_CAMERAS_DEFAULT = 4;

/** Runs `camshard up`; the exit code is the node's. */
export async function runUp(options: UpOptions): Promise<number> {
  const loaded = loadConfig({ file: options.config, env: process.env, flags: flagSettings(options) });
  const nodeScript = fileURLToPath(new URL('../main.js', import.meta.url));
  const demoScript = fileURLToPath(new URL('../demo/push-demo.js', import.meta.url));
  if (!existsSync(nodeScript)) {
    throw new CamshardError('not_built', `${nodeScript} is missing: build the project first (npm run build)`);
  }
  const cameras = demoCameras(options.demo, loaded);
  return runParent({
    nodeScript,
    env: process.env,
    config: quietOnTerminal(loaded, process.stderr.isTTY === true),
    demo: { script: demoScript, cameras },
    clock: systemClock,
    ready: (url) => {
      const line = options.json === true ? JSON.stringify({ url, demoCameras: cameras }) : readyLine(url, cameras);
      process.stdout.write(`${line}\n`);
    },
    log: (msg) => {
      const line = {
        process: 'parent',
        node: loaded.config.node.id,
        level: 'warn',
        time: systemClock.wallMs(),
        msg,
      } as const;
      process.stderr.write(`${processLine(line, process.stderr.isTTY === true)}\n`);
    },
  });
}

function readyLine(url: string, cameras: number): string {
  return `Camshard is ready: ${url}${cameras > 0 ? ` (${cameras} demo cameras)` : ''}`;
}

/**
 * Demo cameras are for a first look: a node with a configuration file, or one that other machines reach, has cameras of
 * its own.
 */
export function demoCameras(asked: number | false | undefined, { file, config }: LoadedConfig): number {
  if (asked === false) return 0;
  if (asked !== undefined) return asked;
  return file === undefined && isLoopback(config.server.host) ? DEMO_CAMERAS_DEFAULT : 0;
}

function flagSettings(options: UpOptions): FlagSetting[] {
  const flags: FlagSetting[] = (options.set ?? []).map(({ key, value }) => ({ flag: '--set', key, value }));
  const add = (flag: string, key: string, value: string | undefined): void => {
    if (value !== undefined) flags.push({ flag, key, value });
  };
  add('--port', 'server.port', options.port);
  add('--host', 'server.host', options.host);
  add('--data', 'node.dataDir', options.data);
  add('--token', 'auth.token', options.token);
  return flags;
}

/** On a terminal the log would bury the line with the URL; a log collector wants all of it. */
function quietOnTerminal({ config, origins }: LoadedConfig, isTerminal: boolean): NodeConfig {
  if (!isTerminal || origins.has('telemetry.logLevel')) return config;
  return { ...config, telemetry: { ...config.telemetry, logLevel: 'warn' } };
}
