import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { addExamples, styleHelp } from './help/style-help.ts';
import { registerHelp } from './help.ts';

interface CommandModule {
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  /** Adds the command to the program. */
  readonly register: () => Promise<(program: Command) => void>;
}

const GROUPS = { node: 'A node:', cameras: 'Cameras:', cluster: 'A cluster:', more: 'More:' } as const;

const COMMANDS: readonly CommandModule[] = [
  {
    name: 'up',
    group: GROUPS.node,
    summary: 'run a node and keep it running',
    register: async () => (await import('./up.ts')).registerUp,
  },
  {
    name: 'push',
    group: GROUPS.cameras,
    summary: 'be a camera: push a video, a stream or pictures',
    register: async () => (await import('./push.ts')).registerPush,
  },
  {
    name: 'cameras',
    group: GROUPS.cameras,
    summary: 'list cameras, watch one, set what it is for',
    register: async () => (await import('./cameras.ts')).registerCameras,
  },
  {
    name: 'alerts',
    group: GROUPS.cameras,
    summary: 'list alerts, follow them, acknowledge one',
    register: async () => (await import('./alerts.ts')).registerAlerts,
  },
  {
    name: 'history',
    group: GROUPS.cameras,
    summary: 'ask what was counted, measured and raised',
    register: async () => (await import('./history.ts')).registerHistory,
  },
  {
    name: 'replay',
    group: GROUPS.cameras,
    summary: 'run a recording through model and analytics',
    register: async () => (await import('./replay.ts')).registerReplay,
  },
  {
    name: 'overload',
    group: GROUPS.node,
    summary: 'show how far a node has stepped down, and why',
    register: async () => (await import('./overload.ts')).registerOverload,
  },
  {
    name: 'events',
    group: GROUPS.node,
    summary: 'print what happened on a node of late',
    register: async () => (await import('./events.ts')).registerEvents,
  },
  {
    name: 'logs',
    group: GROUPS.node,
    summary: 'show the log of a node as text',
    register: async () => (await import('./logs.ts')).registerLogs,
  },
  {
    name: 'quarantine',
    group: GROUPS.node,
    summary: 'list or clear pictures a node crashed on',
    register: async () => (await import('./quarantine.ts')).registerQuarantine,
  },
  {
    name: 'cluster',
    group: GROUPS.cluster,
    summary: 'show who is there, who coordinates, what happened',
    register: async () => (await import('./cluster.ts')).registerCluster,
  },
  {
    name: 'nodes',
    group: GROUPS.cluster,
    summary: 'list nodes, drain one, remove a dead one',
    register: async () => (await import('./nodes.ts')).registerNodes,
  },
  {
    name: 'shards',
    group: GROUPS.cluster,
    summary: 'show, move, pin and rebalance shards',
    register: async () => (await import('./shards.ts')).registerShards,
  },
  {
    name: 'models',
    group: GROUPS.node,
    summary: 'list models, build the default one, add your own',
    register: async () => (await import('./models.ts')).registerModels,
  },
  {
    name: 'config',
    group: GROUPS.node,
    summary: 'show or check the configuration',
    register: async () => (await import('./config.ts')).registerConfig,
  },
  {
    name: 'doctor',
    group: GROUPS.node,
    summary: 'check what works here, and how to get the rest',
    register: async () => (await import('./doctor.ts')).registerDoctor,
  },
  {
    name: 'completion',
    group: GROUPS.more,
    summary: 'complete commands and ids in bash, zsh and fish',
    register: async () => (await import('./completion.ts')).registerCompletion,
  },
  {
    name: 'schema',
    group: GROUPS.more,
    summary: 'describe what --json prints',
    register: async () => (await import('./schema.ts')).registerSchema,
  },
];

/**
 * The command line as it stands in `args`. Only the command asked for is loaded; the others are names for the help
 * page, so that starting up stays quick whatever they import.
 */
export async function buildProgram(args: readonly string[]): Promise<Command> {
  // Options of the program itself take no values, so that the first word is the command.
  const asked = args.find((a) => !a.startsWith('-') && a !== 'help');
  return build((name) => name === asked, args.includes('--json'));
}

/** The whole command line, everything loaded: for what is made from it, docs and tests. */
export const buildWholeProgram = (): Promise<Command> => build(() => true, false);

async function build(isLoaded: (name: string) => boolean, json: boolean): Promise<Command> {
  const program = styleHelp(new Command('camshard'))
    .description('Turns live camera streams into detections, counts and alerts.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this')
    .showHelpAfterError('(camshard --help lists the commands)')
    // Commands made below inherit it: commander throws instead of leaving the process.
    .exitOverride();
  // With --json what is wrong with the command line is told as JSON, by main.
  if (json) program.configureOutput({ writeErr: () => {} });
  for (const { name, group, summary, register } of COMMANDS) {
    program.commandsGroup(group);
    if (isLoaded(name)) (await register())(program);
    else program.command(name).description(summary);
    program.commands.at(-1)?.summary(summary);
  }
  program.commandsGroup(GROUPS.more);
  registerHelp(program);
  addExamples(program);
  program.addHelpText('after', PROGRAM_FOOTER);
  return program;
}

const PROGRAM_FOOTER = `
camshard help COMMAND shows the options and examples of a command.
A node elsewhere: --url and --token, or CAMSHARD_URL and CAMSHARD_TOKEN.
Exit codes: 0 done, 1 fault, 2 usage, 3 not reached, 4 refused, 5 unfinished.`;

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
