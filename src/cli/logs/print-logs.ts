import { createReadStream } from 'node:fs';
import { systemClock } from '../../../core/clock.ts';
import { CamshardError, errorCode, errorMessage } from '../../../core/errors.ts';
import { EXIT } from '../exit.ts';
import type { LogsOptions } from '../logs.ts';
import { wantsColor } from '../text/theme.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { followFile } from './follow-file.ts';
import { type LogFilter, matches, parseLogLine, passesText } from './log-filter.ts';
import { prettyLines } from './pretty-lines.ts';
import { LineSplitter } from './split-lines.ts';

/** Runs `camshard logs`. */
export async function printLogs(file: string | undefined, options: LogsOptions): Promise<number> {
  const show = lineWriter(options, wantsColor(process.stdout, process.env), (text) => process.stdout.write(text));
  // Ended by whoever reads us, `head` say: nothing is left to do.
  process.stdout.on('error', () => process.exit(EXIT.ok));
  if (file === undefined || file === '-') {
    // Ctrl-C reaches `camshard up` in front of the pipe as well: its last lines are shown, and the end of its output is ours.
    const ignore = (): void => {};
    process.on('SIGINT', ignore);
    await writeLines(process.stdin, show).finally(() => process.off('SIGINT', ignore));
    return EXIT.ok;
  }
  try {
    await untilInterrupted((signal) => {
      const bytes =
        options.follow === true
          ? followFile({ path: file, clock: systemClock, signal })
          : createReadStream(file, { signal });
      return writeLines(bytes, show);
    });
  } catch (error) {
    if (errorCode(error) === 'ABORT_ERR') return EXIT.ok;
    throw new CamshardError('source_unreadable', `cannot read ${file}: ${errorMessage(error)}`, { cause: error });
  }
  return EXIT.ok;
}

/** Writes each line that was asked for: as text, or as it is. */
export function lineWriter(
  options: LogFilter & Pick<LogsOptions, 'json'>,
  color: boolean,
  write: (text: string) => void,
): (line: string) => void {
  const pretty = prettyLines(color);
  return (line) => {
    const record = parseLogLine(line);
    if (record === undefined) {
      if (options.json !== true && passesText(options)) write(`${line}\n`);
    } else if (matches(record, options)) {
      write(options.json === true ? `${line}\n` : pretty(record));
    }
  };
}

async function writeLines(chunks: AsyncIterable<unknown>, show: (line: string) => void): Promise<void> {
  const splitter = new LineSplitter();
  for await (const chunk of chunks) for (const line of splitter.push(chunk as Uint8Array)) show(line);
  for (const line of splitter.end()) show(line);
}
