import { once } from 'node:events';
import { CamshardError } from '../../../core/errors.ts';
import { getJson } from '../../client/node-api.ts';
import { getLines } from '../../client/node-listing.ts';
import { splitNodeUrls } from '../../client/urls.ts';
import type { HistoryResource } from '../../history/queries/resources.ts';
import { isTimeZone } from '../../history/queries/time-zone.ts';
import { EXIT, UsageError } from '../exit.ts';
import type { HistoryOptions } from '../history.ts';
import { nodeAddress } from '../options.ts';
import { historyQuery, printedAs } from './history-query.ts';
import { type HistoryAnswer, historyTable } from './history-table.ts';

/** Runs `camshard history RESOURCE`. */
export async function printHistory(resource: HistoryResource, options: HistoryOptions): Promise<number> {
  const address = nodeAddress(options, process.env);
  const printed = printedAs(options);
  const query = historyQuery(options);
  const timeZone = options.tz ?? 'UTC';
  if (!isTimeZone(timeZone)) throw new UsageError(`--tz ${timeZone}: a time zone of the IANA data, e.g. Europe/Berlin`);
  const path = (params: URLSearchParams): string => `/v1/history/${resource}?${params}`;

  if (printed === 'csv' || printed === 'ndjson') {
    query.set('format', printed);
    const [first = address.url] = splitNodeUrls(address.url);
    await getLines({ ...address, url: first }, path(query), async (chunk) => {
      // A pipe that is slower than the node must not fill our memory.
      if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    });
    return EXIT.ok;
  }
  const page = async (): Promise<HistoryAnswer> => readAnswer(await getJson(address, path(query)));
  const first = await page();
  if (printed === 'json') {
    console.log(JSON.stringify(first, null, 2));
    return EXIT.ok;
  }
  const answer = await pastTheUnseen(first, (next) => {
    query.set('after', next);
    return page();
  });
  query.delete('after');
  if (answer.rows.length === 0) {
    console.log('nothing is known of that time');
    return EXIT.ok;
  }
  const { seen, unseen } = observed(answer);
  console.log(historyTable(seen, timeZone));
  if (unseen > 0) console.log(`${unseen} rows of time when nothing was observed are left out: --json has them`);
  if (answer.next !== null) console.log(`only the first ${seen.rows.length} rows: --csv or --ndjson give all`);
  await printTotals(answer, async () => {
    query.set('interval', 'total');
    return readAnswer(await getJson(address, path(query)));
  });
  if (timeZone !== 'UTC') console.log(`times are of ${timeZone}`);
  return EXIT.ok;
}

/** Pages of a day in minutes, at most, that are looked through for what was observed. */
const PAGES_MAX = 12;

/** A table is cut after a page of rows: time when nobody looked, which it leaves out, must not be what fills it. */
async function pastTheUnseen(
  first: HistoryAnswer,
  more: (next: string) => Promise<HistoryAnswer>,
): Promise<HistoryAnswer> {
  let answer = first;
  for (let pages = 1; answer.next !== null && pages < PAGES_MAX; pages++) {
    if (answer.rows.filter(({ observedShare }) => observedShare !== 0).length >= first.rows.length) break;
    const page = await more(String(answer.next));
    answer = { ...page, rows: [...answer.rows, ...page.rows] };
  }
  return answer;
}

/** A camera that did not run yesterday fills no screen with dashes; one that never ran is told. */
function observed(answer: HistoryAnswer): { readonly seen: HistoryAnswer; readonly unseen: number } {
  const rows = answer.rows.filter(({ observedShare }) => observedShare !== 0);
  if (rows.length === 0) return { seen: answer, unseen: 0 };
  return { seen: { ...answer, rows }, unseen: answer.rows.length - rows.length };
}

/** Means and percentiles of the whole are not those of its parts: the node is asked again. */
async function printTotals(answer: HistoryAnswer, ask: () => Promise<HistoryAnswer>): Promise<void> {
  const isMeasure = answer.by !== undefined;
  const intervals = new Set(answer.rows.map(({ start }) => start));
  if (!isMeasure || intervals.size < 2) return;
  const total = await ask();
  console.log(`in total:\n${historyTable(total, 'UTC')}`);
}

function readAnswer(answer: unknown): HistoryAnswer {
  const { rows, resource } = (answer ?? {}) as Record<string, unknown>;
  if (!Array.isArray(rows) || typeof resource !== 'string') {
    throw new CamshardError('bad_answer', 'the answer to /v1/history holds no rows');
  }
  return answer as HistoryAnswer;
}
