import type { Alert } from '../api/answers.gen.ts';
import { formatFullMoment, formatMoment } from '../format/moments.ts';
import { formatDuration } from '../format/numbers.ts';
import { useNow } from '../state/use-now.ts';

/** What became of an alert, in the order it happened. */
export function AlertCourse({ alert }: { readonly alert: Alert }) {
  const nowMs = useNow(1_000);
  const { openedAtMs, atMs, state, acknowledged } = alert;
  const after = (ms: number): string => `after ${formatDuration(Math.max(0, ms - openedAtMs))}`;
  const steps = [
    { name: 'opened', atMs: openedAtMs, text: 'Opened' },
    ...(acknowledged === null
      ? []
      : [
          {
            name: 'acknowledged',
            atMs: acknowledged.atMs,
            text: `Acknowledged by ${acknowledged.who}, ${after(acknowledged.atMs)}`,
          },
        ]),
    ...(state === 'closed' ? [{ name: 'closed', atMs, text: `Closed ${after(atMs)}` }] : []),
  ].sort((a, b) => a.atMs - b.atMs);
  return (
    <ol class="course">
      {steps.map((step) => (
        <li key={step.name} data-step={step.name}>
          <time dateTime={new Date(step.atMs).toISOString()} title={formatFullMoment(step.atMs)}>
            {formatMoment(step.atMs, nowMs)}
          </time>
          <span>{step.text}</span>
        </li>
      ))}
      {state === 'opened' && (
        <li class="is-now" data-step="now">
          <span class="quiet">now</span>
          <span>Still open, for {formatDuration(Math.max(0, nowMs - openedAtMs))}</span>
        </li>
      )}
    </ol>
  );
}
