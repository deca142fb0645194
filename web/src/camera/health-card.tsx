import type { HistoryEvents } from '../api/answers.gen.ts';
import { formatAgo, formatFullMoment } from '../format/moments.ts';
import { formatDuration } from '../format/numbers.ts';
import { Loadable } from '../layout/loadable.tsx';
import { useLive } from '../live/live.ts';
import { useNow } from '../state/use-now.ts';
import { useResource } from '../state/use-resource.ts';
import { conditionText, healthOf } from './camera-health.ts';

const ASKED_MS = 10_000;
const ROWS = '100';

/** Whether the camera sees what it should: by its own pictures, as the history has it. */
export function HealthCard({ camera }: { readonly camera: string }) {
  const { api } = useLive();
  const nowMs = useNow(5_000);
  const resource = useResource(
    `health ${camera}`,
    (signal) =>
      api.get<HistoryEvents>(
        'v1/history/events',
        { camera, kind: 'health,daylight', from: '-7d', order: 'newest', limit: ROWS },
        signal,
      ),
    { everyMs: ASKED_MS },
  );
  return (
    <section class="card" data-health>
      <h3>Health</h3>
      <Loadable resource={resource} what="the camera’s health">
        {({ rows }) => {
          const { faults, past, light } = healthOf(rows);
          return (
            <>
              {faults.length === 0 ? (
                <p>
                  <span class="dot is-good" />
                  Nothing is wrong with its pictures{light === undefined ? '' : `; it is ${light} there`}.
                </p>
              ) : (
                <ul class="fault-lines">
                  {faults.map(({ condition, sinceAt, detail }) => (
                    <li key={condition} title={detail}>
                      <span class="chip is-bad">{condition.replace('_', ' ')}</span> {conditionText(condition)},{' '}
                      <time title={formatFullMoment(sinceAt)}>since {formatAgo(sinceAt, nowMs)}</time>.
                    </li>
                  ))}
                </ul>
              )}
              {past.length > 0 && (
                <ul class="fault-lines is-past">
                  {past.map(({ condition, from, to }) => (
                    <li key={`${condition}.${from}`}>
                      {conditionText(condition)} for {formatDuration(to - from)},{' '}
                      <time title={formatFullMoment(to)}>until {formatAgo(to, nowMs)}</time>
                    </li>
                  ))}
                </ul>
              )}
            </>
          );
        }}
      </Loadable>
    </section>
  );
}
