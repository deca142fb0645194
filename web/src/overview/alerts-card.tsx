import { SEVERITIES_SHOWN, severityName } from '../alerts/severities.ts';
import { SeverityMark } from '../alerts/severity.tsx';
import type { Alert, AlertPage } from '../api/answers.gen.ts';
import { formatAgo, formatFullMoment } from '../format/moments.ts';
import { formatCount } from '../format/numbers.ts';
import { Loadable } from '../layout/loadable.tsx';
import { cameraHref, pageHref } from '../state/route.ts';
import { useNow } from '../state/use-now.ts';
import type { Resource } from '../state/use-resource.ts';

const SHOWN_MAX = 6;

/** Alerts that are open: how many of each severity, and the newest. */
export function AlertsCard({ resource }: { readonly resource: Resource<AlertPage> }) {
  return (
    <section class="card">
      <div class="card-head">
        <h3>Open alerts</h3>
        <a href={pageHref('alerts', { state: 'opened' })}>All alerts →</a>
      </div>
      <Loadable resource={resource} what="the alerts">
        {({ alerts, next }) => <OpenAlerts alerts={alerts} more={next !== null} />}
      </Loadable>
    </section>
  );
}

function OpenAlerts({ alerts, more }: { readonly alerts: readonly Alert[]; readonly more: boolean }) {
  const nowMs = useNow(5_000);
  const newest = [...alerts].sort((a, b) => b.openedAtMs - a.openedAtMs).slice(0, SHOWN_MAX);
  return (
    <>
      <ul class="severity-counts">
        {SEVERITIES_SHOWN.map((severity) => {
          const n = alerts.filter((alert) => alert.severity === severity).length;
          return (
            <li key={severity} data-severity={severity} class={n === 0 ? 'quiet' : ''}>
              <a href={pageHref('alerts', { state: 'opened', severity })}>
                <SeverityMark severity={severity} />
                <b>{formatCount(n)}</b> {severityName(severity).toLowerCase()}
              </a>
            </li>
          );
        })}
      </ul>
      {more && <p class="note">More are open than this page reads.</p>}
      {newest.length === 0 ? (
        <p class="note">No alert is open.</p>
      ) : (
        <ul class="alert-lines">
          {newest.map((alert) => (
            <li key={alert.id} data-alert={alert.id}>
              <SeverityMark severity={alert.severity} />
              <a href={pageHref('alerts', { state: 'opened', camera: alert.camera })}>{alert.title}</a>
              <span class="alert-where">
                <a href={cameraHref(alert.camera)}>{alert.camera}</a>{' '}
                <time class="quiet" title={formatFullMoment(alert.openedAtMs)}>
                  {formatAgo(alert.openedAtMs, nowMs)}
                </time>
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
