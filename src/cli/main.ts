#!/usr/bin/env node
import { CommanderError } from 'commander';
import { EXIT, reportError } from './exit.ts';
import { buildProgram } from './program.ts';

/** `camshard`: one file a command; see docs/cli.md. Commands import what is heavy only when they run. */

// A reader that goes away (`camshard cameras ls | head`) ends the output, not the program with a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});

async function main(argv: readonly string[]): Promise<number> {
  try {
    const program = await buildProgram(argv.slice(2));
    await program.parseAsync([...argv]);
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.ok;
  } catch (error) {
    // commander has told the user already; help and version come with exit code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportError(error, argv.includes('--json'), (text) => process.stderr.write(text));
  }
}

process.exitCode = await main(process.argv);
