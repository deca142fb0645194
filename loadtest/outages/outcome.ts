import { markdownTable, megabytes, ms, type Target } from '../lib/report.ts';
import { round } from '../lib/statistics.ts';
import type { SinkOutcome } from './reconcile.ts';
import type { OutageRun } from './run.ts';

const P99_RATIO_MAX = 1.15;
const DRAIN_MS_MAX = 30_000;

/** One line a scenario. */
export function runTable(runs: readonly OutageRun[]): string {
  return markdownTable(
    [
      'outage',
      'alerts raised',
      'missing, worst sink',
      'doubled, all sinks',
      'out of order',
      'drained after',
      'p99 before',
      'during',
      'after',
      'results/s',
      'loop p99',
      'RSS',
      'ledger',
      'history',
    ],
    runs.map((r) => [
      r.what,
      String(r.raised),
      String(Math.max(0, ...r.sinks.map((s) => s.missing))),
      String(sumOf(r.sinks, (s) => s.doubled)),
      String(sumOf(r.sinks, (s) => s.outOfOrder)),
      drained(drainMs(r)),
      ms(r.before.p99Ms),
      r.killNode ? '(killed)' : `${ms(r.during.p99Ms)} (${ratioText(r.during.p99Ms, r.before.p99Ms)})`,
      `${ms(r.after.p99Ms)} (${ratioText(r.after.p99Ms, r.before.p99Ms)})`,
      three(r, (p) => String(Math.round(p.resultsPerS))),
      three(r, (p) => ms(p.loopP99Ms)),
      three(r, (p) => megabytes(p.rssBytes)),
      r.killNode ? '(killed)' : r.ledgerProblems.length === 0 ? 'closed' : `**open**: ${r.ledgerProblems[0]}`,
      r.historyProblems.length === 0 ? `${r.rows.events + r.rows.objects} rows` : `**${r.historyProblems[0]}**`,
    ]),
  );
}

/** One line a scenario and sink. */
export function sinkTable(runs: readonly OutageRun[]): string {
  return markdownTable(
    ['outage, sink', 'raised', 'delivered', 'missing', 'doubled', 'unknown', 'out of order', 'waited', 'drained after'],
    runs.flatMap((r) =>
      r.sinks.map((s) => [
        `${r.name}, ${s.sink}`,
        String(s.raised),
        s.away === 0 ? String(s.distinct) : `${s.distinct} (${s.away} while it was not subscribed)`,
        s.missing === 0 ? '0' : `**${s.missing}**: ${s.missingIds.join(' ')}`,
        String(s.doubled),
        String(s.unknown),
        String(s.outOfOrder),
        s.sink === HISTORY ? '-' : String(s.waited),
        s.sink === HISTORY ? drained(r.historyDrainMs) : drained(s.drainMs),
      ]),
    ),
  );
}

const HISTORY = 'history';

const sumOf = (sinks: readonly SinkOutcome[], of: (sink: SinkOutcome) => number): number =>
  sinks.reduce((sum, sink) => sum + of(sink), 0);

const three = (r: OutageRun, of: (phase: OutageRun['before']) => string): string =>
  [r.before, r.during, r.after].map(of).join(' / ');

const drained = (value: number | null): string => (value === Number.POSITIVE_INFINITY ? '**never**' : ms(value));

const ratioText = (a: number | null, b: number | null): string =>
  a === null || b === null || b === 0 ? '-' : `${round(a / b, 2)}x`;

/** Until the last of the sinks, or the database, had what was raised before the return, ms. */
export function drainMs(r: Pick<OutageRun, 'sinks' | 'historyDrainMs'>): number {
  return Math.max(r.historyDrainMs ?? 0, ...r.sinks.map((s) => s.drainMs));
}

/** What issue 4 asks of outages; no run meets nothing. The figures of time come last: a busy machine moves only those. */
export function outageTargets(runs: readonly OutageRun[]): readonly Target[] {
  const target = (what: string, faults: (r: OutageRun) => readonly string[], of = runs): Target => {
    const found = of.flatMap((r) => faults(r).map((fault) => `${r.name}: ${fault}`));
    const shown = found.slice(0, 3).join('; ') + (found.length > 3 ? `; ${found.length - 3} more` : '');
    return {
      what,
      measured: found.length === 0 ? `${of.length} of ${of.length} outages` : shown,
      met: of.length > 0 && found.length === 0,
    };
  };
  const perSink = (r: OutageRun, bad: (s: SinkOutcome) => number, word: string): readonly string[] =>
    r.sinks.filter((s) => bad(s) > 0).map((s) => `${s.sink} ${bad(s)} ${word}`);
  const alive = runs.filter((r) => !r.killNode);
  return [
    target('alerts were raised before, during and after each outage', (r) => (r.raised > 0 ? [] : ['none'])),
    target('no alert is missing in any sink', (r) => perSink(r, (s) => s.missing, 'missing')),
    target('nothing arrives that was not raised', (r) => perSink(r, (s) => s.unknown, 'unknown')),
    target('opening numbers never repeat, an opening has one name, what was kept stays kept', (r) => r.outboxProblems),
    target('the order of each camera is kept', (r) => perSink(r, (s) => s.outOfOrder, 'out of order')),
    target(
      'the node raised as many as its outbox has',
      (r) => (r.counted === r.raised ? [] : [`counted ${r.counted}, kept ${r.raised}`]),
      alive,
    ),
    target('every ledger is exact', (r) => r.ledgerProblems, alive),
    target('the history has each record once', (r) => r.historyProblems),
    target('nothing waits at the end, and every alert closes', (r) => r.problems),
    target(`everything raised before the return is delivered within ${DRAIN_MS_MAX / 1_000} s of it`, (r) =>
      drainMs(r) <= DRAIN_MS_MAX ? [] : [drained(drainMs(r))],
    ),
    target('nothing is in the history twice after the node was killed', ({ killNode, rows }) => {
      const { eventsTwice, objectsTwice, tracksTwice } = rows;
      if (!killNode || eventsTwice + objectsTwice + tracksTwice === 0) return [];
      return [`${eventsTwice} events, ${objectsTwice} objects; ${tracksTwice} objects have the number of another one`];
    }),
    target(
      `frame p99 during the outage is at most ${P99_RATIO_MAX}x what it was before (medians of 5 s)`,
      ({ before, during }) =>
        before.p99Ms !== null && during.p99Ms !== null && during.p99Ms <= P99_RATIO_MAX * before.p99Ms
          ? []
          : [`${ms(before.p99Ms)} to ${ms(during.p99Ms)}`],
      alive,
    ),
  ];
}

/** How many targets, from the first, decide the exit status: those that neither a busy machine nor a kill may miss. */
export const EXACT_TARGETS = 9;
