import type { Command, Option } from 'commander';
import { NODE_GROUP } from '../options.ts';
import { themeOf, wantsColor } from '../text/theme.ts';
import { commandPath, everyCommand } from './command-tree.ts';
import { EXAMPLES, type Example } from './examples.ts';

/** How help looks; commands made afterwards inherit it. */
export function styleHelp(program: Command): Command {
  const { heading, dim } = themeOf(true);
  return program
    .configureHelp({
      showGlobalOptions: false,
      styleTitle: heading,
      styleCommandText: (text) => text,
      styleOptionTerm: (text) => text,
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
      // What says which node comes last: it is the same everywhere.
      groupItems<T extends Command | Option>(_all: T[], visible: T[], groupOf: (item: T) => string): Map<string, T[]> {
        const groups = new Map<string, T[]>();
        for (const item of visible) groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), item]);
        const nodes = groups.get(NODE_GROUP);
        if (nodes !== undefined && groups.delete(NODE_GROUP)) groups.set(NODE_GROUP, nodes);
        return groups;
      },
      styleDescriptionText: (text) => text,
      styleUsage: (text) => text,
      styleCommandDescription: (text) => text,
      styleOptionDescription: (text) => text.replace(/\((\$|default)[^)]*\)/g, (note) => dim(note)),
    })
    .configureOutput({
      getOutHasColors: () => wantsColor(process.stdout, process.env),
      getErrHasColors: () => wantsColor(process.stderr, process.env),
    });
}

function argumentTerm(argument: Command['registeredArguments'][number]): string {
  const text = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${text}>` : `[${text}]`;
}

/** Below the help of each command: how it is used; of one with commands below it, one use of each of those. */
export function addExamples(root: Command): void {
  for (const command of everyCommand(root)) {
    if (command === root) continue;
    const examples = examplesOf(command);
    if (examples.length === 0) continue;
    command.addHelpText('after', ({ error }) => {
      const { heading, dim } = themeOf(wantsColor(error ? process.stderr : process.stdout, process.env));
      const lines = examples.flatMap(({ says, run }) => [`  ${dim(`# ${says}`)}`, `  ${run}`]);
      return ['', heading(examples.length === 1 ? 'Example:' : 'Examples:'), ...lines].join('\n');
    });
  }
}

const examplesOf = (command: Command): readonly Example[] =>
  EXAMPLES[commandPath(command)] ??
  command.commands.flatMap((below) => EXAMPLES[commandPath(below)]?.slice(0, 1) ?? []);
