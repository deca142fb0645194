import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { splitLine } from '../../../src/cli/completion/split-line.ts';
import { EXIT, EXIT_MEANINGS } from '../../../src/cli/exit.ts';
import { commandPath, everyCommand, leafCommands } from '../../../src/cli/help/command-tree.ts';
import { EXAMPLES } from '../../../src/cli/help/examples.ts';
import { renderCliDocs } from '../../../src/cli/help/render-docs.ts';
import { buildWholeProgram } from '../../../src/cli/program.ts';
import { outputSchemas, SCHEMA_NAMES } from '../../../src/cli/schema/output-schemas.ts';

const ANSI = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');

let program: Command;
beforeAll(async () => {
  program = await buildWholeProgram();
});

const ownLeaves = (): Command[] =>
  leafCommands(program).filter((command) => command.name() !== 'help' || command.parent === program);

/** Which command a line runs, and with what, the actions put aside. */
async function parsed(line: string): Promise<{ path: string; args: unknown[] }> {
  const fresh = await buildWholeProgram();
  let ran: { path: string; args: unknown[] } | undefined;
  for (const command of leafCommands(fresh)) {
    command.action((...args: unknown[]) => {
      ran = { path: commandPath(command), args: args.slice(0, -1) };
    });
  }
  for (const command of everyCommand(fresh)) command.configureOutput({ writeErr: () => {} });
  const [name, ...words] = splitLine(line);
  if (name !== 'camshard') throw new Error(`${line} runs no camshard`);
  await fresh.parseAsync(words, { from: 'user' });
  if (ran === undefined) throw new Error(`${line} runs nothing`);
  return ran;
}

describe('help', () => {
  it('shows an example of every command, each of which the program takes as that command', async () => {
    for (const command of ownLeaves()) {
      const path = commandPath(command);
      const examples = EXAMPLES[path] ?? [];
      expect(examples.length, path).toBeGreaterThan(0);
      for (const { run } of examples) expect(await parsed(run), run).toMatchObject({ path });
    }
  });

  it('shows one example of each command below a command', () => {
    const groups = [...everyCommand(program)].filter((c) => c.parent === program && c.commands.length > 0);
    expect(groups.length).toBeGreaterThan(5);
    for (const group of groups) {
      let help = '';
      group.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      const below = group.commands.filter((c) => c.name() !== 'help').map((c) => EXAMPLES[commandPath(c)]?.[0]?.run);
      const shown = help.split('\n').filter((line) => line.startsWith('  camshard '));
      expect(shown.map((line) => line.trim())).toEqual(below);
    }
  });

  it('has no example of a command that is not there', () => {
    const paths = ownLeaves().map(commandPath);
    expect(Object.keys(EXAMPLES).filter((path) => !paths.includes(path))).toEqual([]);
  });

  it('calls the same thing by the same name everywhere', () => {
    const texts = new Map<string, Set<string>>();
    for (const { options } of everyCommand(program)) {
      for (const { long, flags, description } of options) {
        if (long != null && ['--url', '--token', '--insecure', '--yes', '--who', '--why'].includes(long)) {
          texts.set(long, (texts.get(long) ?? new Set()).add(`${flags}`));
        }
        expect(description.endsWith('.'), `${flags}: ${description}`).toBe(false);
      }
    }
    // `up` is given the token that it asks for; all others the one they are asked for: the same word.
    for (const [name, flags] of texts) expect([...flags], name).toHaveLength(1);
  });

  it('offers --json on every command that prints something for scripts, with a schema of it', () => {
    for (const command of ownLeaves()) {
      const path = commandPath(command);
      const takesJson = command.options.some(({ long }) => long === '--json');
      expect(outputSchemas(path) !== undefined, path).toBe(takesJson);
    }
    const paths = [...ownLeaves().map(commandPath), 'error'];
    expect(SCHEMA_NAMES.filter((name) => !paths.includes(name))).toEqual([]);
  });

  it('fits a terminal of 80 columns', async () => {
    for (const command of everyCommand(program)) {
      const help = Object.assign(command.createHelp(), { helpWidth: 80 });
      const long = help
        .formatHelp(command, help)
        .replace(ANSI, '')
        .split('\n')
        .filter((line) => line.length > 80);
      expect(long, commandPath(command)).toEqual([]);
    }
    const examples = Object.values(EXAMPLES).flat();
    expect(examples.filter(({ says, run }) => says.length > 76 || run.length > 88)).toEqual([]);
  });

  it('is what docs/cli.md says: commands, options, examples, exit codes (node scripts/render-cli-docs.mjs)', () => {
    const text = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
    expect(renderCliDocs(text, program)).toBe(text);
    expect(Object.keys(EXIT_MEANINGS)).toEqual(Object.keys(EXIT));
  });
});
