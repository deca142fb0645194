import { type Clock, systemClock } from '../../../core/clock.ts';
import { CamshardError, errorMessage } from '../../../core/errors.ts';
import { backoffMs, RECONNECT_BACKOFF } from '../../client/backoff.ts';
import { redactUrl, splitNodeUrls } from '../../client/urls.ts';
import type { AlertsTailOptions } from '../alerts.ts';
import { EXIT } from '../exit.ts';
import { type NodeAddress, nodeAddress } from '../options.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { AlertFeed } from './alert-feed.ts';
import { type AlertPage, type AlertRow, alertLine, askAlerts, filterQuery } from './alert-rows.ts';
import { followLive } from './follow-live.ts';

const PAGE_ROWS = 1_000;

/**
 * Runs `camshard alerts tail`: each change of an alert once, those too that happened while the node, or the way to it,
 * was away; of an alert that changed several times meanwhile, what became of it.
 * @throws CamshardError where the node cannot be reached at first, or refuses
 */
export async function tailAlerts(options: AlertsTailOptions): Promise<number> {
  const node = nodeAddress(options, process.env);
  filterQuery(options);
  await untilInterrupted((interrupted) => {
    const end = new AbortController();
    interrupted.addEventListener('abort', () => end.abort());
    let left = options.limit ?? options.count ?? Number.POSITIVE_INFINITY;
    const feed = new AlertFeed((row) => {
      if (!matches(row, options) || left <= 0) return;
      console.log(options.json === true ? JSON.stringify(row) : alertLine(row));
      if (--left === 0) end.abort();
    });
    return follow(node, feed, systemClock, end.signal);
  });
  return EXIT.ok;
}

async function follow(node: NodeAddress, feed: AlertFeed, clock: Clock, signal: AbortSignal): Promise<void> {
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  const urls = splitNodeUrls(node.url);
  // The first question also says, in words, what is wrong with the address or the token.
  feed.beginAt((await askAlerts(node, { limit: '1' })).last);
  for (let attempt = 0; !signal.aborted; attempt++) {
    const url = urls[attempt % urls.length] ?? node.url;
    const outcome = await followLive({ ...node, url }, 'alerts', clock, signal, {
      onOpen: () => {
        attempt = 0;
        feed.hold();
        catchUp(node, feed, note).catch((error: unknown) => {
          note(`cannot ask for what was missed: ${errorMessage(error)}`);
          feed.caughtUp([]);
        });
      },
      onMessage: (message) => {
        const { type, keeper, position, alert } = message as Record<string, unknown>;
        if (type !== 'alert' || typeof position !== 'number') return;
        feed.take({ ...(alert as AlertRow), keeper: String(keeper), position });
      },
    });
    if (signal.aborted) return;
    if (outcome.kind === 'refused') {
      throw new CamshardError('node_unreachable', `cannot follow alerts at ${redactUrl(node.url)}: ${outcome.why}`);
    }
    const waitMs = backoffMs(attempt, RECONNECT_BACKOFF, Math.random);
    note(`${outcome.why}; trying again in ${(waitMs / 1_000).toFixed(1)} s`);
    await sleep(waitMs, clock, signal);
  }
}

async function catchUp(node: NodeAddress, feed: AlertFeed, note: (text: string) => void): Promise<void> {
  const missed: AlertRow[] = [];
  let page: AlertPage | undefined;
  let after = feed.place;
  do {
    page = await askAlerts(node, { after: String(after), limit: String(PAGE_ROWS) });
    if (typeof page.last === 'number' && page.last < Number(after)) {
      note('the node has lost its outbox: it counts from the beginning');
      feed.beginAt(0);
      after = 0;
      page = await askAlerts(node, { after: '0', limit: String(PAGE_ROWS) });
    }
    missed.push(...page.alerts);
    after = page.next ?? after;
  } while (page.next !== null);
  feed.caughtUp(missed, page.last);
}

const matches = (row: AlertRow, { severity, camera }: AlertsTailOptions): boolean =>
  (severity === undefined || row.severity === severity) && (camera === undefined || row.camera === camera);

function sleep(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal.addEventListener('abort', done);
  });
}
