import type { Command } from 'commander';
import { EXIT, EXIT_MEANINGS } from '../exit.ts';
import { outputSchemas } from '../schema/output-schemas.ts';
import { commandPath, leafCommands } from './command-tree.ts';
import { EXAMPLES } from './examples.ts';

const HELP_COLUMNS = 100;

/** What docs/cli.md holds that the program knows, by the name of its part. */
const PARTS: Readonly<Record<string, (program: Command) => string>> = {
  commands: commandList,
  'exit codes': exitCodeTable,
  reference,
};

/**
 * docs/cli.md with its parts made anew: what stands between `<!-- begin NAME -->` and `<!-- end -->`; the rest is
 * written by hand.
 * @param program with everything loaded
 * @throws Error for a part that is unknown, or missing
 */
export function renderCliDocs(text: string, program: Command): string {
  const found = new Set<string>();
  const rendered = text.replace(
    /(<!-- begin ([a-z ]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_whole, begin: string, name: string, end: string) => {
      const part = PARTS[name];
      if (part === undefined) throw new Error(`no part ${name}`);
      found.add(name);
      return `${begin}\n${part(program)}\n\n${end}`;
    },
  );
  const missing = Object.keys(PARTS).filter((name) => !found.has(name));
  if (missing.length > 0) throw new Error(`parts are missing: ${missing.join(', ')}`);
  return rendered;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const anchor = (path: string): string => `camshard-${path.replaceAll(' ', '-')}`;

function commandList(program: Command): string {
  const rows = program.commands.map((command) => {
    const subs = command.commands.filter((c) => c.name() !== 'help');
    const link = (path: string, name: string): string => `[\`${name}\`](#${anchor(path)})`;
    const names = subs.map((sub) => link(commandPath(sub), sub.name()));
    const name = command.name();
    return [subs.length === 0 ? link(name, name) : `\`${name}\` ${names.join(', ')}`, command.summary()];
  });
  return table(['command', 'what it does'], rows);
}

function exitCodeTable(): string {
  const rows = Object.entries(EXIT_MEANINGS).map(([name, meaning]) => [
    String(EXIT[name as keyof typeof EXIT]),
    meaning,
  ]);
  return table(['code', 'meaning'], rows);
}

function reference(program: Command): string {
  return leafCommands(program)
    .filter((command) => command.parent === program || command.name() !== 'help')
    .map((command) => {
      const path = commandPath(command);
      const examples = (EXAMPLES[path] ?? []).flatMap(({ says, run }) => [`# ${says}`, run]);
      return [
        `### camshard ${path}`,
        ['```text', plainHelp(command), '```'].join('\n'),
        ...(examples.length === 0 ? [] : [['```bash', ...examples, '```'].join('\n')]),
        ...jsonLine(path),
      ].join('\n\n');
    })
    .join('\n\n');
}

function jsonLine(path: string): string[] {
  const outputs = outputSchemas(path);
  if (outputs === undefined) return [];
  const texts = outputs.map(({ kind, when }) => {
    const what = kind === 'lines' ? 'a JSON value a line (NDJSON)' : 'one JSON value';
    return when === undefined ? what : `${what} with ${when}`;
  });
  return [`\`--json\`: ${texts.join('; ')}; \`camshard schema ${path}\`.`];
}

/** The help page without colours, examples and what is the same everywhere. */
function plainHelp(command: Command): string {
  const help = Object.assign(command.createHelp(), { helpWidth: HELP_COLUMNS });
  const visibleOptions = help.visibleOptions.bind(help);
  help.visibleOptions = (c) => visibleOptions(c).filter(({ long }) => long !== '--help');
  help.styleTitle = (text) => text;
  help.styleOptionDescription = (text) => text;
  return help.formatHelp(command, help).trimEnd();
}
