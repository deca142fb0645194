import type { Command } from 'commander';
import { buildProgram } from '../../src/cli/program.ts';

/** Why `camshard <args>` is no command line that exists; undefined where it is. Nothing is run. */
export async function whyNoCommand(args: readonly string[]): Promise<string | undefined> {
  let command: Command = await buildProgram(args);
  let rest = [...args];
  for (;;) {
    const [name] = rest;
    const next = command.commands.find((c) => c.name() === name || c.aliases().includes(name ?? ''));
    if (next === undefined) break;
    command = next;
    rest = rest.slice(1);
  }
  if (command.commands.length > 0) return `${command.name()} has no command ${rest[0] ?? 'by default'}`;
  const { operands, unknown } = command.parseOptions(rest);
  if (unknown.length > 0) return `${command.name()} does not know ${unknown.join(' ')}`;
  const wanted = command.registeredArguments;
  const needed = wanted.filter((argument) => argument.required).length;
  if (operands.length < needed) return `${command.name()} wants ${needed} arguments`;
  const takesMany = wanted.at(-1)?.variadic === true;
  if (operands.length > wanted.length && !takesMany) return `${command.name()} takes ${wanted.length} arguments`;
  return undefined;
}
