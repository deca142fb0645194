import type { CameraEvent } from '../../../core/camera-event.ts';
import type { IntervalMeasures, Measure } from '../../../core/measure.ts';
import type { ReplaySummary } from '../../replay/replay-report.ts';
import { stdoutTable } from '../text/stdout-table.ts';

export interface ReplayRun extends ReplaySummary {
  readonly file: string;
  readonly camera: string;
  readonly fps: number;
  readonly model: string;
  readonly inputSize: number;
}

/** One event as a line: time, kind, and what tells it from others of its kind. */
export function eventText(event: CameraEvent): string {
  const { kind, atMs, ...rest } = event;
  const facts = Object.entries(rest)
    .filter(([, value]) => value !== null)
    .map(
      ([name, value]) => `${name}=${typeof value === 'string' && value.includes(' ') ? JSON.stringify(value) : value}`,
    );
  return `${new Date(atMs).toISOString()}  ${kind}  ${facts.join(' ')}`;
}

/** What a replay found, for people. */
export function replayText(run: ReplayRun): string {
  const parts = [
    `${run.file}: ${run.frames} frames at ${round(run.fps)} fps, ${round(run.durationS)} s; ` +
      `${run.model} at ${run.inputSize}; ${run.analysed} analysed, ${run.gated} gated, ${run.rejected} rejected; ${run.tracks} tracks`,
    crossingsText(run),
    incidentsText(run.events),
    ...run.intervals.map(intervalText),
    alertsText(run),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function crossingsText({ crossings }: ReplaySummary): string {
  if (crossings.length === 0) return 'No line was crossed.';
  const rows = crossings.map(({ line, direction, total, byLabel }) => {
    const classes = Object.entries(byLabel)
      .sort((a, b) => b[1] - a[1])
      .map(([label, n]) => `${label} ${n}`);
    return [line, direction, String(total), classes.join(', ')];
  });
  return stdoutTable(['LINE', 'DIRECTION', 'CROSSINGS', 'BY CLASS'], rows, { right: [2] });
}

function incidentsText(events: readonly CameraEvent[]): string {
  return events
    .filter((event) => event.kind === 'incident' || event.kind === 'health')
    .map(eventText)
    .join('\n');
}

function intervalText({ startMs, endMs, coverage, measures }: IntervalMeasures): string {
  const head =
    `${new Date(startMs).toISOString()} to ${new Date(endMs).toISOString()}: observed ${percent(coverage.observedShare)}, ` +
    `${coverage.analysed} analysed, ${coverage.gated} gated, ${coverage.shed} shed, ` +
    `${coverage.rejected} rejected, ${coverage.lost} lost; ${coverage.valid ? 'valid' : 'NOT VALID'}`;
  if (measures.length === 0) return head;
  const columns = ['METRIC', 'SUBJECT', 'DIRECTION', 'CLASS', 'N', 'SUM', 'MEAN', 'MIN', 'MAX'];
  return `${head}\n${stdoutTable(columns, measures.map(measureRow), { right: [4, 5, 6, 7, 8] })}`;
}

function measureRow({ metric, subject, direction, label, n, sum, min, max }: Measure): string[] {
  const mean = n > 0 ? round(sum / n) : '-';
  return [metric, subject, direction, label, ...[round(n), round(sum), mean, round(min), round(max)].map(String)];
}

function alertsText({ alerts }: ReplaySummary): string {
  return alerts
    .map(
      ({ atMs, severity, state, rule, message }) =>
        `${new Date(atMs).toISOString()}  ${severity} ${state}: ${rule}: ${message}`,
    )
    .join('\n');
}

const round = (value: number): number => Math.round(value * 100) / 100;
const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;
