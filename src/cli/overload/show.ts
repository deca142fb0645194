import { type Clock, systemClock } from '../../../core/clock.ts';
import { CamshardError } from '../../../core/errors.ts';
import type { OverloadStatus } from '../../../core/overload.ts';
import { getJson } from '../../client/node-api.ts';
import { EXIT } from '../exit.ts';
import { nodeAddress } from '../options.ts';
import type { OverloadOptions } from '../overload.ts';
import { poll } from '../poll.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { overloadLine, overloadText } from './overload-text.ts';

const WATCH_EVERY_MS = 1_000;

/** Runs `camshard overload show`. */
export async function showOverload(options: OverloadOptions): Promise<number> {
  const address = nodeAddress(options, process.env);
  const ask = async (): Promise<OverloadStatus> => readAnswer(await getJson(address, '/v1/overload'));
  if (options.follow !== true && options.watch !== true) {
    const status = await ask();
    const text = overloadText(status, systemClock.wallMs());
    console.log(options.json === true ? JSON.stringify(status, null, 2) : text);
    return EXIT.ok;
  }
  const print = (text: string) => console.log(text);
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const json = options.json === true;
  await untilInterrupted((signal) => watchOverload({ ask, json, print, note, clock: systemClock, signal }));
  return EXIT.ok;
}

export interface WatchOverloadOptions {
  readonly ask: () => Promise<OverloadStatus>;
  readonly json: boolean;
  readonly print: (text: string) => void;
  readonly note: (text: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Prints the status in full at each change of the rung and a line of figures otherwise, until `signal` aborts. */
export async function watchOverload(options: WatchOverloadOptions): Promise<void> {
  const { ask, json, print, note, clock, signal } = options;
  let rung: string | undefined;
  const next = async (): Promise<void> => {
    const status = await ask();
    const wallMs = clock.wallMs();
    const now = `${status.rung} since ${status.sinceAt}`;
    if (json) print(JSON.stringify(status));
    else if (now !== rung) print(`${rung === undefined ? '' : '\n'}${overloadText(status, wallMs)}\n`);
    if (!json) print(overloadLine(status, wallMs));
    rung = now;
  };
  await poll(next, { clock, everyMs: WATCH_EVERY_MS, signal, note });
}

function readAnswer(answer: unknown): OverloadStatus {
  const { rung, rungs, load } = answer as Record<string, unknown>;
  if (typeof rung !== 'number' || !Array.isArray(rungs) || typeof load !== 'object' || load === null) {
    throw new CamshardError('bad_answer', 'the answer to /v1/overload holds no rungs');
  }
  return answer as OverloadStatus;
}
