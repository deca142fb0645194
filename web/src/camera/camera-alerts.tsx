import { SeverityMark } from '../alerts/severity.tsx';
import { formatAgo, formatFullMoment } from '../format/moments.ts';
import { Loadable } from '../layout/loadable.tsx';
import { useLiveAlerts } from '../live/use-open-alerts.ts';
import { pageHref } from '../state/route.ts';
import { useNow } from '../state/use-now.ts';

const SHOWN = '6';

/** The alerts of one camera that changed last. */
export function CameraAlerts({ camera }: { readonly camera: string }) {
  const resource = useLiveAlerts({ camera, limit: SHOWN });
  const nowMs = useNow(5_000);
  return (
    <section class="card">
      <div class="card-head">
        <h3>Alerts</h3>
        <a href={pageHref('alerts', { camera })}>All →</a>
      </div>
      <Loadable resource={resource} what="its alerts">
        {({ alerts }) =>
          alerts.length === 0 ? (
            <p class="note">None so far.</p>
          ) : (
            <ul class="alert-lines">
              {alerts.map((alert) => (
                <li key={alert.id} data-alert={alert.id} title={alert.message}>
                  <SeverityMark severity={alert.severity} />
                  <span>{alert.title}</span>
                  <span class="alert-where">
                    <span class={alert.state === 'opened' ? 'chip is-warn' : 'chip'}>
                      {alert.state === 'opened' ? 'open' : 'closed'}
                    </span>{' '}
                    <time class="quiet" title={formatFullMoment(alert.atMs)}>
                      {formatAgo(alert.atMs, nowMs)}
                    </time>
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loadable>
    </section>
  );
}
