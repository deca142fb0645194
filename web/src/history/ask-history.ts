import type { Answer } from '../api/answer.ts';
import type { NodeApi, Query } from '../api/node-api.ts';
import { browserClock } from '../browser-clock.ts';

/** The embedded database answers one question at a time: more at once would only wait there, and be refused. */
const AT_ONCE = 2;
const TRIES_MAX = 6;
const AGAIN_MS = 1_000;

let asking = 0;
const waiting: (() => void)[] = [];

/**
 * Asks the history; in turn with the page's other questions, and again where the database is busy or not open yet.
 * Never throws.
 */
export async function askHistory<T>(
  api: NodeApi,
  path: string,
  query: Query,
  signal: AbortSignal | undefined,
): Promise<Answer<T>> {
  for (let tries = 1; ; tries++) {
    const answer = await inTurn(() => (signal?.aborted ? LEFT : api.get<T>(path, query, signal)));
    if (!isPassing(answer) || tries >= TRIES_MAX || signal?.aborted) return answer;
    await new Promise<void>((done) => browserClock.after(AGAIN_MS * Math.min(tries, 3), done));
  }
}

const LEFT: Answer<never> = { kind: 'unreachable', reason: 'the page was left' };

const isPassing = (answer: Answer<unknown>): boolean =>
  answer.kind === 'refused' && ['history_busy', 'history_unavailable'].includes(answer.problem.code);

async function inTurn<T>(ask: () => T | Promise<T>): Promise<T> {
  if (asking >= AT_ONCE) await new Promise<void>((go) => waiting.push(go));
  else asking++;
  try {
    return await ask();
  } finally {
    const next = waiting.shift();
    if (next === undefined) asking--;
    else next();
  }
}
