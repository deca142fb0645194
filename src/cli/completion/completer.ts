import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  readonly value: string;
  /** For shells that show it. */
  readonly says?: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What the shell completes itself. */
  readonly paths: 'none' | 'files' | 'folders';
}

/** What only a node knows the values of. */
export const ID_KINDS = ['camera', 'node', 'shard', 'alert', 'round', 'hash'] as const;
export type IdKind = (typeof ID_KINDS)[number];

/** How the node is reached, as far as the line says it. */
export interface AskedNode {
  readonly url?: string;
  readonly token?: string;
  readonly insecure?: boolean;
}

/** Ids that begin with what is typed; never throws. */
export type IdsOf = (kind: IdKind, typed: string, node: AskedNode) => Promise<readonly Candidate[]>;

const NOTHING: Completion = { candidates: [], paths: 'none' };

/** What may be typed where an option or an argument is named `<interval>` and so on. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  interval: ['minute', '15m', 'hour', '6h', 'day', '7d', 'total'],
  moment: ['-1h', '-24h', '-7d', '-30d'],
};
const FILES = new Set(['file', 'path', 'path|url']);

/**
 * What may stand where the line ends.
 * @param words finished ones, without the name of the program
 * @param current the one being typed, perhaps empty
 */
export async function completionOf(
  program: Command,
  words: readonly string[],
  current: string,
  idsOf: IdsOf,
): Promise<Completion> {
  const [first, ...rest] = words;
  if (first === 'help' || first === 'schema') return commandNames(program, rest, current);
  const { command, awaiting, given, positionals, optionsEnded } = walk(program, words);
  const valuesOf = (name: string, choices: readonly string[] | undefined, typed: string): Promise<Completion> =>
    namedValues(name, choices, typed, (kind, text) => idsOf(kind, text, asked(given)));

  if (awaiting !== undefined) return valuesOf(placeholder(awaiting), awaiting.argChoices, current);
  const equals = current.indexOf('=');
  if (!optionsEnded && current.startsWith('--') && equals > 0) {
    const option = optionOf(command, current.slice(0, equals));
    if (option === undefined || option.isBoolean()) return NOTHING;
    const { candidates, paths } = await valuesOf(placeholder(option), option.argChoices, current.slice(equals + 1));
    const before = current.slice(0, equals + 1);
    return { candidates: candidates.map((c) => ({ ...c, value: before + c.value })), paths };
  }
  if (!optionsEnded && current.startsWith('-')) return options(command, current, given);
  if (command.commands.length > 0 && positionals === 0) return commandNames(command, [], current);
  const argument = argumentAt(command.registeredArguments, positionals);
  return argument === undefined ? NOTHING : valuesOf(argument.name(), argument.argChoices, current);
}

interface Walked {
  readonly command: Command;
  /** An option whose value comes next. */
  readonly awaiting: Option | undefined;
  readonly given: ReadonlyMap<string, string>;
  readonly positionals: number;
  readonly optionsEnded: boolean;
}

function walk(program: Command, words: readonly string[]): Walked {
  let command = program;
  let awaiting: Option | undefined;
  let positionals = 0;
  let optionsEnded = false;
  const given = new Map<string, string>();
  for (const word of words) {
    if (awaiting !== undefined) {
      given.set(awaiting.long ?? '', word);
      awaiting = undefined;
    } else if (!optionsEnded && word === '--') {
      optionsEnded = true;
    } else if (!optionsEnded && word.startsWith('-') && word !== '-') {
      const [name = '', ...value] = word.split('=');
      given.set(name, value.join('='));
      const option = optionOf(command, name);
      if (option !== undefined && !option.isBoolean() && value.length === 0) awaiting = option;
    } else {
      const child = positionals === 0 ? command.commands.find((c) => c.name() === word) : undefined;
      if (child === undefined) positionals++;
      else command = child;
    }
  }
  return { command, awaiting, given, positionals, optionsEnded };
}

const optionOf = (command: Command, name: string): Option | undefined =>
  command.options.find(({ long, short }) => name === long || name === short);

const argumentAt = (all: readonly Argument[], at: number): Argument | undefined =>
  all[at] ?? (all.at(-1)?.variadic === true ? all.at(-1) : undefined);

/** What its value is called: `node` of `--to <node>`; its own name where that says little, `camera` of `--camera <id>`. */
function placeholder({ flags, long }: Option): string {
  const name = /[<[]([^>\].]+)/.exec(flags)?.[1] ?? '';
  return name === 'id' || name === 'n' ? (long ?? '').slice(2) : name;
}

function asked(given: ReadonlyMap<string, string>): AskedNode {
  const url = given.get('--url');
  const token = given.get('--token');
  return {
    ...(url === undefined ? {} : { url }),
    ...(token === undefined ? {} : { token }),
    ...(given.has('--insecure') ? { insecure: true } : {}),
  };
}

const matching = (all: readonly Candidate[], typed: string): Completion => ({
  candidates: all.filter(({ value }) => value.startsWith(typed)),
  paths: 'none',
});

function commandNames(from: Command, path: readonly string[], current: string): Completion {
  let command: Command | undefined = from;
  for (const name of path) command = command?.commands.find((c) => c.name() === name);
  const names = (command?.commands ?? []).map((c) => ({ value: c.name(), says: c.summary() || c.description() }));
  return matching(names, current);
}

function options(command: Command, typed: string, given: ReadonlyMap<string, string>): Completion {
  const visible = command.createHelp().visibleOptions(command);
  const all = visible.flatMap((option) => {
    const { long, description } = option;
    if (long == null) return [];
    // Those given several times gather values.
    if (given.has(long) && option.parseArg === undefined) return [];
    return [{ value: long, says: description }];
  });
  return matching(all, typed);
}

async function namedValues(
  name: string,
  choices: readonly string[] | undefined,
  typed: string,
  idsOf: (kind: IdKind, typed: string) => Promise<readonly Candidate[]>,
): Promise<Completion> {
  const words = choices ?? WORDS[name];
  if (words !== undefined) return matching(asCandidates(words), typed);
  if (FILES.has(name)) return { candidates: [], paths: 'files' };
  if (name === 'dir') return { candidates: [], paths: 'folders' };
  if (name === 'zone') return matching(asCandidates(Intl.supportedValuesOf('timeZone')), typed);
  if (name === 'cameras') {
    // A list, comma between: the last one is being typed.
    const before = typed.slice(0, typed.lastIndexOf(',') + 1);
    const ids = await idsOf('camera', typed.slice(before.length));
    return matching(
      ids.map((id) => ({ ...id, value: before + id.value })),
      typed,
    );
  }
  const kind = ID_KINDS.find((k) => k === name);
  return kind === undefined ? NOTHING : matching(await idsOf(kind, typed), typed);
}

const asCandidates = (values: readonly string[]): Candidate[] => values.map((value) => ({ value }));
