#!/usr/bin/env node
import { CommanderError } from 'commander';
import { EXIT, reportError, UsageError } from './exit.ts';
import { buildProgram } from './program.ts';
import { stderrTheme } from './text/theme.ts';

/** `camshard`: one file a command; see docs/cli.md. Commands import what is heavy only when they run. */

// A reader that goes away (`camshard cameras ls | head`) ends the output, not the program with a stack trace.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    throw error;
  });
}

async function main(argv: readonly string[]): Promise<number> {
  const args = argv.slice(2);
  if (args[0] === 'complete' && args[1] !== undefined) {
    const { complete } = await import('./completion/run-complete.ts');
    return complete(args.slice(1));
  }
  const json = args.includes('--json');
  const report = (error: unknown): number =>
    reportError(error, json, (text) => process.stderr.write(text), stderrTheme());
  try {
    const program = await buildProgram(args);
    await program.parseAsync([...argv]);
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(error);
    // commander has told the user already, but in words; help and version come with exit code 0.
    if (error.exitCode === 0) return EXIT.ok;
    return json ? report(new UsageError(error.message.replace(/^error: /, ''))) : EXIT.usage;
  }
}

process.exitCode = await main(process.argv);
