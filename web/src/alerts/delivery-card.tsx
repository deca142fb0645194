import type { Alert, AlertDelivery } from '../api/answers.gen.ts';
import { formatCount } from '../format/numbers.ts';
import { Loadable } from '../layout/loadable.tsx';
import { TableScroll } from '../layout/table-scroll.tsx';
import { useLive } from '../live/live.ts';
import { useResource } from '../state/use-resource.ts';

type Sink = AlertDelivery['sinks'][number];
const EVERY_MS = 5_000;

/**
 * Where alerts go and what waits for whom, at the node that keeps `alert`; of the node that is asked without one.
 */
export function DeliveryCard({ alert }: { readonly alert?: Alert }) {
  const { api } = useLive();
  const node = alert?.keeper ?? 'self';
  const resource = useResource<AlertDelivery>(
    `delivery:${node}`,
    (signal) => api.get('v1/alerts/delivery', { node }, signal),
    { everyMs: EVERY_MS },
  );
  return (
    <section class="card delivery">
      <h3>{alert === undefined ? 'Where alerts go' : 'Delivered to'}</h3>
      <Loadable resource={resource} what="the deliveries">
        {({ sinks, waiting }) => (
          <>
            <TableScroll label="Sinks">
              <table class="table">
                <thead>
                  <tr>
                    <th scope="col">Sink</th>
                    <th scope="col">{alert === undefined ? 'State' : 'This alert'}</th>
                    <th scope="col" class="number" title="Records of the outbox it has not had yet">
                      Waiting
                    </th>
                    <th scope="col" class="number" title="Alerts it took since the node started">
                      Delivered
                    </th>
                    <th scope="col" class="number" title="Refused for good, or given up because the outbox was full">
                      Refused, lost
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {sinks.map((sink) => (
                    <tr key={sink.sink} data-sink={sink.sink}>
                      <th scope="row">{sink.sink}</th>
                      <td>
                        {alert === undefined ? <SinkState sink={sink} /> : <AlertState sink={sink} alert={alert} />}
                      </td>
                      <td class="number">{formatCount(sink.behind)}</td>
                      <td class="number">{formatCount(sink.delivered)}</td>
                      <td class="number">
                        {formatCount(sink.refused.fenced + sink.refused.rejected)}, {formatCount(sink.lost)}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableScroll>
            {waiting > 0 && (
              <p class="note is-bad">{formatCount(waiting)} alerts wait in memory: the disk takes none.</p>
            )}
            <p class="note">
              Each sink takes alerts from the outbox on its own; one that is away loses nothing until the outbox is
              full.
              {sinks.length <= 2 && ' More are set with redis.url, alerts.webhooks and alerts.mqtt.'}
            </p>
          </>
        )}
      </Loadable>
    </section>
  );
}

function SinkState({ sink }: { readonly sink: Sink }) {
  if (sink.breaker === 'open') return <span class="chip is-bad">away, tried now and then</span>;
  if (sink.breaker === 'half_open') return <span class="chip is-warn">being tried</span>;
  if (sink.behind > 0) return <span class="chip is-warn">catching up</span>;
  return <span class="chip is-good">takes alerts</span>;
}

/** Positions count in the keeper's outbox: what is before the sink's next is done. */
function AlertState({ sink, alert }: { readonly sink: Sink; readonly alert: Alert }) {
  if (alert.position < sink.next) return <span class="chip is-good">done</span>;
  if (sink.breaker !== 'closed') return <span class="chip is-bad">waits: the sink is away</span>;
  return <span class="chip is-warn">on its way</span>;
}
