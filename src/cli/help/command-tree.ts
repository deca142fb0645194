import type { Command } from 'commander';

/** `cameras ls` of the command, empty for the program. */
export function commandPath(command: Command): string {
  const names: string[] = [];
  for (let c: Command | null = command; c?.parent; c = c.parent) names.unshift(c.name());
  return names.join(' ');
}

/** The command and all below it, parents first. */
export function* everyCommand(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* everyCommand(child);
}

/** Those that do something themselves. */
export const leafCommands = (program: Command): Command[] =>
  [...everyCommand(program)].filter((command) => command.parent !== null && command.commands.length === 0);
