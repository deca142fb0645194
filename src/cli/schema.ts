import type { Command } from 'commander';

/** Adds `camshard schema`. */
export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description(
      'print the JSON Schema of what a command prints with --json; a list of {kind, when, schema} where options decide. ' +
        '"lines" is a value a line',
    )
    .argument('[command...]', 'e.g. cameras ls, or error; all names where not given')
    .action(async (path: readonly string[]) => {
      const { printSchema } = await import('./schema/print-schema.ts');
      printSchema(path);
    });
}
