import type { LoggedClusterEvent } from '../../cluster/port.ts';
import { EXIT } from '../exit.ts';
import { poll } from '../poll.ts';
import type { EventsAnswer } from './answers.ts';
import type { CommandIo } from './command-io.ts';
import { OpsApi } from './ops-api.ts';
import type { OpsOptions } from './ops-options.ts';

export interface ClusterEventsOptions extends OpsOptions {
  readonly limit?: number;
  readonly follow?: boolean;
}

const LIMIT_DEFAULT = 50;
const FOLLOW_EVERY_MS = 1_000;
/** Events looked through for those that are new, at once. */
const FOLLOW_MAX = 1_000;

/** Runs `camshard cluster events`: oldest first, as a log is read. */
export async function clusterEvents(options: ClusterEventsOptions, io: CommandIo): Promise<number> {
  const api = new OpsApi(options, io);
  const newest = async (limit: number): Promise<readonly LoggedClusterEvent[]> =>
    (await api.get<EventsAnswer>(`/v1/cluster/events?limit=${limit}`)).items;
  const limit = options.limit ?? LIMIT_DEFAULT;
  const show = (event: LoggedClusterEvent): void =>
    io.print(options.json === true ? JSON.stringify(event) : clusterEventLine(event));
  if (options.follow !== true) {
    const events = [...(await newest(limit))].reverse();
    if (options.json === true) io.print(JSON.stringify({ events }, null, 2));
    else if (events.length === 0) io.print('nothing has happened yet');
    else for (const event of events) show(event);
    return EXIT.ok;
  }
  let seen: string | undefined;
  const next = async (): Promise<void> => {
    const page = await newest(seen === undefined ? limit : FOLLOW_MAX);
    const at = seen === undefined ? -1 : page.findIndex((event) => event.id === seen);
    if (seen !== undefined && at === -1 && page.length > 0) io.progress.write('some events may be missing here\n');
    for (const event of page.slice(0, at === -1 ? page.length : at).reverse()) show(event);
    seen = page[0]?.id ?? seen ?? '';
  };
  const note = (text: string): void => void io.progress.write(`${text}\n`);
  await io.interruptible((signal) => poll(next, { clock: io.clock, everyMs: FOLLOW_EVERY_MS, signal, note }));
  return EXIT.ok;
}

/** `2026-01-31 12:00:01.123Z  warning   node_dead             node-1  node-3 is dead`, and who and why. */
export function clusterEventLine({ at, severity, kind, node, message, who, why }: LoggedClusterEvent): string {
  const time = new Date(at).toISOString().replace('T', ' ');
  const by = who === null ? '' : `  (${who}${why === null ? '' : `: ${why}`})`;
  return `${time}  ${severity.padEnd(8)}  ${kind.padEnd(16)}  ${node}  ${message}${by}`;
}
