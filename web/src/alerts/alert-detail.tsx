import { useEffect } from 'preact/hooks';
import type { Alert, AlertPage } from '../api/answers.gen.ts';
import { formatMoment } from '../format/moments.ts';
import { formatDuration } from '../format/numbers.ts';
import { EmptyState } from '../layout/empty-state.tsx';
import { Loadable } from '../layout/loadable.tsx';
import { useLive } from '../live/live.ts';
import { cameraHref, pageHref } from '../state/route.ts';
import { useResource } from '../state/use-resource.ts';
import { AlertCourse } from './alert-course.tsx';
import { factsOf } from './alert-figures.ts';
import { alertPath } from './alert-path.ts';
import { AlertPicture } from './alert-picture.tsx';
import { DeliveryCard } from './delivery-card.tsx';
import { FigureBar } from './figure-bar.tsx';
import { severityName } from './severities.ts';
import { SeverityMark } from './severity.tsx';

interface Props {
  readonly id: string;
  /** As the list has it; undefined where it is not in the list. */
  readonly row: Alert | undefined;
  readonly onClose: () => void;
  readonly onAcknowledge: () => Promise<void>;
  /** The node told of it anew. */
  readonly onSeen: (alert: Alert) => void;
}

/** One alert: its picture, its figures, what became of it, and who has had it. */
export function AlertDetail({ id, row, onClose, onAcknowledge, onSeen }: Props) {
  const { api } = useLive();
  const resource = useResource<Alert>(`alert:${id}`, (signal) => api.get(alertPath(id), {}, signal));
  const { value } = resource;
  useEffect(() => {
    if (value !== undefined) onSeen(value);
  }, [value]);
  const alert = row ?? value;
  if (alert === undefined && resource.refusal?.kind === 'refused' && resource.refusal.status === 404) {
    return <ForgottenAlert id={id} onClose={onClose} />;
  }
  return (
    <>
      <button type="button" class="button is-small alerts-back" onClick={onClose}>
        ← All alerts
      </button>
      {alert === undefined ? (
        <Loadable resource={resource} what={`alert ${id}`}>
          {() => null}
        </Loadable>
      ) : (
        <Told alert={alert} onClose={onClose} onAcknowledge={() => void onAcknowledge().then(resource.reload)} />
      )}
    </>
  );
}

function Told(props: { readonly alert: Alert; readonly onClose: () => void; readonly onAcknowledge: () => void }) {
  const { alert, onClose, onAcknowledge } = props;
  const { camera, rule, severity, state, title, message, acknowledged } = alert;
  return (
    <>
      <article class={`card alert-detail is-${severity}`} data-detail={alert.id}>
        <header>
          <div>
            <p class="alert-chips">
              <span class={severity === 'critical' ? 'chip is-bad' : severity === 'warning' ? 'chip is-warn' : 'chip'}>
                <SeverityMark severity={severity} /> {severityName(severity)}
              </span>
              <span class={state === 'opened' ? 'chip is-warn' : 'chip'}>{state === 'opened' ? 'Open' : 'Closed'}</span>
            </p>
            <h3>{title}</h3>
          </div>
          <button type="button" class="icon-button" aria-label="Close" title="Close (Esc)" onClick={onClose}>
            ✕
          </button>
        </header>
        <p>{message}</p>
        <AlertPicture alert={alert} />
        <FigureBar alert={alert} />
        <AlertCourse alert={alert} />
        <div class="alert-actions">
          {acknowledged === null ? (
            <button type="button" class="button is-primary" onClick={onAcknowledge}>
              Acknowledge
            </button>
          ) : (
            <span class="chip is-good">✓ seen by {acknowledged.who}</span>
          )}
          <a class="button" href={cameraHref(camera)}>
            Camera
          </a>
          <a class="button" href={cameraHref(camera, 'settings', { rule })} title={`Rule ${rule} in the settings`}>
            Rule
          </a>
          <a class="button" href={pageHref('history', { resource: 'alerts', camera, rule, range: '-7d' })}>
            History
          </a>
        </div>
        <dl class="facts">
          <dt>Camera</dt>
          <dd>
            <a href={cameraHref(camera)}>{camera}</a>
          </dd>
          <dt>Rule</dt>
          <dd>
            <a href={cameraHref(camera, 'settings', { rule })}>{rule}</a>
          </dd>
          {factsOf(alert).map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ))}
          <dt title="Deduplicate by it">Id</dt>
          <dd>
            <code>{alert.id}</code>
          </dd>
          <dt title="The node that keeps it, and the shard and its epoch when it was raised">Kept by</dt>
          <dd>
            {alert.keeper}, shard {alert.shard}, epoch {alert.epoch}
          </dd>
        </dl>
      </article>
      <SameRule alert={alert} />
      <DeliveryCard alert={alert} />
    </>
  );
}

const BEFORE_MAX = 6;

/** How often the same rule raised alerts of late. */
function SameRule({ alert: { id, camera, rule } }: { readonly alert: Alert }) {
  const { api } = useLive();
  const resource = useResource<AlertPage>(`same:${camera}:${rule}`, (signal) =>
    api.get('v1/alerts', { camera, rule, limit: String(BEFORE_MAX + 1) }, signal),
  );
  const others = resource.value?.alerts.filter((other) => other.id !== id).slice(0, BEFORE_MAX) ?? [];
  if (others.length === 0) return null;
  const nowMs = Math.max(...others.map(({ atMs }) => atMs));
  return (
    <section class="card">
      <h3>The same rule before</h3>
      <ul class="same-rule">
        {others.map((other) => (
          <li key={other.id}>
            <a href={pageHref('alerts', { camera, rule, alert: other.id })}>{formatMoment(other.openedAtMs, nowMs)}</a>
            <span class="quiet">
              {other.state === 'opened' ? 'open' : formatDuration(Math.max(0, other.atMs - other.openedAtMs))}
            </span>
            <span class="quiet">{other.acknowledged === null ? '' : `✓ ${other.acknowledged.who}`}</span>
          </li>
        ))}
      </ul>
      <a href={pageHref('alerts', { camera, rule })}>All of rule {rule}</a>
    </section>
  );
}

function ForgottenAlert({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const [camera = '', rule = ''] = id.split(':');
  return (
    <EmptyState title="No node has this alert at hand">
      <p class="quiet">
        <code>{id}</code> closed long ago, or never was. Nodes keep what is open and the last 1,000 that closed.
      </p>
      <p class="buttons">
        <a class="button" href={pageHref('history', { resource: 'alerts', camera, rule, range: '-30d' })}>
          Look in the history
        </a>
        <button type="button" class="button" onClick={onClose}>
          Back to the list
        </button>
      </p>
    </EmptyState>
  );
}
