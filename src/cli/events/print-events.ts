import { type Clock, systemClock } from '../../../core/clock.ts';
import { CamshardError } from '../../../core/errors.ts';
import type { NodeEvent } from '../../../core/node-event.ts';
import { getJson } from '../../client/node-api.ts';
import type { EventsOptions } from '../events.ts';
import { EXIT } from '../exit.ts';
import { nodeAddress } from '../options.ts';
import { poll } from '../poll.ts';
import { untilInterrupted } from '../until-interrupted.ts';

const FOLLOW_EVERY_MS = 1_000;
const EVENTS_MAX = 256;

/** What `/v1/events` answers. */
export interface EventsAnswer {
  readonly since: number;
  readonly events: readonly NodeEvent[];
  readonly lastId: number;
}

/** Asks for a page of events; `after` undefined asks for the newest ones. */
export type AskEvents = (query: { readonly after?: number; readonly limit: number }) => Promise<EventsAnswer>;

/** Runs `camshard events`. */
export async function printEvents(options: EventsOptions): Promise<number> {
  const address = nodeAddress(options, process.env);
  const ask: AskEvents = async ({ after, limit }) => {
    const query = new URLSearchParams({
      limit: String(limit),
      ...(after === undefined ? {} : { after: String(after) }),
    });
    return readAnswer(await getJson(address, `/v1/events?${query}`));
  };
  const limit = options.limit ?? EVENTS_MAX;
  if (options.follow === true) {
    const print = (event: NodeEvent) => console.log(options.json === true ? JSON.stringify(event) : eventLine(event));
    const note = (text: string) => process.stderr.write(`${text}\n`);
    await untilInterrupted((signal) => followEvents({ ask, limit, print, note, clock: systemClock, signal }));
    return EXIT.ok;
  }
  const answer = await ask({ limit });
  const { events } = answer;
  if (options.json === true) console.log(JSON.stringify(answer, null, 2));
  else if (events.length === 0) console.log('nothing has happened yet');
  else for (const event of events) console.log(eventLine(event));
  return EXIT.ok;
}

export interface FollowOptions {
  readonly ask: AskEvents;
  /** Events of the past to begin with. */
  readonly limit: number;
  readonly print: (event: NodeEvent) => void;
  readonly note: (text: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Prints every event once, those of a node that restarts included, until `signal` aborts. */
export async function followEvents({ ask, limit, print, note, clock, signal }: FollowOptions): Promise<void> {
  let seen: { since: number; lastId: number } | undefined;
  const next = async (): Promise<void> => {
    let answer = await ask(seen === undefined ? { limit } : { after: seen.lastId, limit: EVENTS_MAX });
    if (seen !== undefined && answer.since !== seen.since) {
      note('the node has restarted');
      answer = await ask({ after: 0, limit: EVENTS_MAX });
    } else if (seen !== undefined && (answer.events[0]?.id ?? 0) > seen.lastId + 1) {
      note(`${(answer.events[0]?.id ?? 0) - seen.lastId - 1} events were dropped before they could be read`);
    }
    for (const event of answer.events) print(event);
    seen = { since: answer.since, lastId: answer.events.at(-1)?.id ?? answer.lastId };
  };
  await poll(next, { clock, everyMs: FOLLOW_EVERY_MS, signal, note });
}

/** `2026-01-31 12:00:01.123Z  warning   rung_changed  Took the rung ...`. */
export function eventLine({ at, severity, kind, message }: NodeEvent): string {
  const time = new Date(at).toISOString().replace('T', ' ');
  return `${time}  ${severity.padEnd(8)}  ${kind.padEnd(20)}  ${message}`;
}

function readAnswer(answer: unknown): EventsAnswer {
  const { since, events, lastId } = answer as Record<string, unknown>;
  if (typeof since !== 'number' || typeof lastId !== 'number' || !Array.isArray(events)) {
    throw new CamshardError('bad_answer', 'the answer to /v1/events holds no list of events');
  }
  return { since, events: events as NodeEvent[], lastId };
}
