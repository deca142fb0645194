import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';

interface CommandModule {
  readonly name: string;
  readonly summary: string;
  /** Adds the command to the program. */
  readonly register: () => Promise<(program: Command) => void>;
}

const COMMANDS: readonly CommandModule[] = [
  {
    name: 'up',
    summary: 'run a node: embedded defaults, demo cameras unless told otherwise',
    register: async () => (await import('./up.ts')).registerUp,
  },
  {
    name: 'push',
    summary: 'be a camera: push a video, an RTSP stream or a folder of pictures to a node',
    register: async () => (await import('./push.ts')).registerPush,
  },
  {
    name: 'cameras',
    summary: 'list the cameras of a node, or watch what one of them detects',
    register: async () => (await import('./cameras.ts')).registerCameras,
  },
  {
    name: 'alerts',
    summary: 'follow the alerts of a node as they are raised',
    register: async () => (await import('./alerts.ts')).registerAlerts,
  },
  {
    name: 'history',
    summary: 'ask what was counted, measured and raised',
    register: async () => (await import('./history.ts')).registerHistory,
  },
  {
    name: 'replay',
    summary: 'run a recording through the same model and analytics, frame by frame, and print what they find',
    register: async () => (await import('./replay.ts')).registerReplay,
  },
  {
    name: 'overload',
    summary: 'show how far a node has stepped down under load, and why',
    register: async () => (await import('./overload.ts')).registerOverload,
  },
  {
    name: 'events',
    summary: 'print what happened on a node of late',
    register: async () => (await import('./events.ts')).registerEvents,
  },
  {
    name: 'quarantine',
    summary: 'list or clear pictures that were being worked on when the node crashed',
    register: async () => (await import('./quarantine.ts')).registerQuarantine,
  },
  {
    name: 'cluster',
    summary: 'show a cluster: who is there, who coordinates, what happened',
    register: async () => (await import('./cluster.ts')).registerCluster,
  },
  {
    name: 'nodes',
    summary: 'list the nodes of a cluster; drain one before maintenance, remove a dead one',
    register: async () => (await import('./nodes.ts')).registerNodes,
  },
  {
    name: 'shards',
    summary: 'show which node runs which shard; move, pin and rebalance them',
    register: async () => (await import('./shards.ts')).registerShards,
  },
  {
    name: 'models',
    summary: 'list the models of this node and build the importable ones',
    register: async () => (await import('./models.ts')).registerModels,
  },
  {
    name: 'config',
    summary: 'show or check the configuration',
    register: async () => (await import('./config.ts')).registerConfig,
  },
  {
    name: 'doctor',
    summary: 'check this machine: what works, what does not, and how to get the rest',
    register: async () => (await import('./doctor.ts')).registerDoctor,
  },
];

/**
 * The command line as it stands in `args`. Only the command asked for is loaded; the others are names for the help
 * page, so that starting up stays quick whatever they import.
 */
export async function buildProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('camshard')
    .description('Turns live camera streams into detections.')
    .version(packageVersion(), '-V, --version')
    .showHelpAfterError('(camshard --help lists the commands)')
    .configureHelp({ showGlobalOptions: false })
    // Commands made below inherit it: commander throws instead of leaving the process.
    .exitOverride();
  const asked = args.find((a) => !a.startsWith('-') && a !== 'help');
  for (const { name, summary, register } of COMMANDS) {
    if (asked === name) (await register())(program);
    else program.command(name).summary(summary).description(summary);
  }
  return program;
}

/** The version in the nearest package.json above this file: the tree and `dist/` lie at different depths. */
function packageVersion(): string {
  for (let dir = import.meta.dirname; dir !== dirname(dir); dir = dirname(dir)) {
    const file = join(dir, 'package.json');
    if (!existsSync(file)) continue;
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof json === 'object' && json !== null && 'version' in json) return String(json.version);
  }
  return 'unknown';
}
