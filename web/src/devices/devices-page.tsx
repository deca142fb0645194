import type { Nodes } from '../api/answers.gen.ts';
import { formatMs, formatRate, formatShare, NOTHING } from '../format/numbers.ts';
import { EmptyState } from '../layout/empty-state.tsx';
import { Loadable } from '../layout/loadable.tsx';
import { PageHead } from '../layout/page-head.tsx';
import { TableScroll } from '../layout/table-scroll.tsx';
import { useLive } from '../live/live.ts';
import { pageHref } from '../state/route.ts';
import { useQuery } from '../state/router.ts';
import { useResource } from '../state/use-resource.ts';
import { useStore } from '../state/use-store.ts';
import { DeviceCard, DeviceStates } from './device-card.tsx';
import { formatBytes } from './device-figures.ts';
import { Ladder } from './ladder.tsx';

type NodeRow = Nodes['nodes'][number];

/** More devices than this are a table first, and cards of the node that is chosen. */
const CARDS_MAX = 6;

/** Every device of every node: what it does, what it holds, how it is. */
export function DevicesPage() {
  const { api } = useLive();
  const nodes = useResource('nodes', (signal) => api.get<Nodes>('v1/nodes', {}, signal), { everyMs: 2_000 });
  return (
    <div class="devices-page">
      <Loadable resource={nodes} what="the devices">
        {(answer) => <DevicesView answer={answer} />}
      </Loadable>
    </div>
  );
}

function DevicesView({ answer }: { readonly answer: Nodes }) {
  const live = useLive();
  const [query, setQuery] = useQuery();
  // Told once a round of all nodes: then the courses have their new points.
  useStore(live.nodes);
  const courses = live.courses.all.get();
  const { nodes, away } = answer;
  const count = nodes.reduce((sum, { devices }) => sum + devices.length, 0);
  const chosen = query.get('node') ?? '';
  const shown = chosen === '' && count <= CARDS_MAX ? nodes : nodes.filter(({ node }) => node === chosen);
  return (
    <>
      <PageHead title="Devices">
        {nodes.length + away.length > 1 && (
          <label>
            <span class="visually-hidden">Node</span>
            <select class="field" value={chosen} onChange={(event) => setQuery({ node: event.currentTarget.value })}>
              <option value="">All nodes</option>
              {[...nodes, ...away].map(({ node }) => (
                <option key={node} value={node}>
                  {node}
                </option>
              ))}
            </select>
          </label>
        )}
      </PageHead>
      {away
        .filter(({ node }) => chosen === '' || node === chosen)
        .map(({ node, why }) => (
          <p key={node} class="warning" data-away={node}>
            <b>{node}</b> {why === 'dead' ? 'is dead' : `does not answer (${why})`}: its devices are not known.{' '}
            <a href={pageHref('cluster')}>Cluster</a>
          </p>
        ))}
      {chosen === '' && nodes.length > 1 && <DeviceTable nodes={nodes} onNode={(node) => setQuery({ node })} />}
      {count === 0 && away.length === 0 && (
        <EmptyState title="No device">
          <p>The node runs without one: nothing is analysed. `devices` of its configuration says what it runs on.</p>
        </EmptyState>
      )}
      {shown.map((node) => (
        <section key={node.node} class="device-node" data-node={node.node} aria-label={`Node ${node.node}`}>
          {nodes.length > 1 && (
            <h3 class="device-node-name">
              {node.node}{' '}
              <span class="quiet">
                {formatRate(node.fpsIn)} fps in, {formatRate(node.fpsOut)} fps out
                {node.latencyMs === null ? '' : `, p99 ${formatMs(node.latencyMs.p99)} ms`}
              </span>
            </h3>
          )}
          <div class="device-cards">
            {node.devices.map((device) => (
              <DeviceCard
                key={device.device}
                node={node.node}
                device={device}
                points={courses.get(node.node)?.devices.get(device.device) ?? []}
              />
            ))}
            <Ladder node={node.node} />
          </div>
        </section>
      ))}
    </>
  );
}

function DeviceTable({
  nodes,
  onNode,
}: {
  readonly nodes: readonly NodeRow[];
  readonly onNode: (node: string) => void;
}) {
  return (
    <section class="card device-table">
      <TableScroll label="Devices of all nodes">
        <table class="table">
          <caption class="visually-hidden">Devices of all nodes</caption>
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">Device</th>
              <th scope="col">State</th>
              <th scope="col" class="number" title="Share of the last seconds in which a batch ran">
                Busy
              </th>
              <th scope="col" class="number">
                fps
              </th>
              <th scope="col" class="number" title="Mean frames per batch">
                Batch
              </th>
              <th scope="col" class="number" title="Mean time a frame waited">
                Queue ms
              </th>
              <th scope="col" class="number" title="Mean run time per batch">
                Compute ms
              </th>
              <th scope="col" class="number" title="By everybody, of all there is">
                Memory
              </th>
            </tr>
          </thead>
          <tbody>
            {nodes.flatMap(({ node, devices }) =>
              devices.map((device) => (
                <tr key={`${node} ${device.device}`} data-row={`${node} ${device.device}`}>
                  <th scope="row">
                    <button type="button" class="link-button" onClick={() => onNode(node)}>
                      {node}
                    </button>
                  </th>
                  <td>{device.device}</td>
                  <td>
                    <span class="chips">
                      <DeviceStates device={device} />
                    </span>
                  </td>
                  <td class="number">{formatShare(device.busyShare)}</td>
                  <td class="number">{formatRate(device.fps)}</td>
                  <td class="number">{device.batchSize.toFixed(1)}</td>
                  <td class="number">{formatMs(device.queueMs)}</td>
                  <td class="number">{device.computeMs.toFixed(1)}</td>
                  <td class="number">
                    {device.memory === null
                      ? NOTHING
                      : `${formatBytes(device.memory.usedBytes)} of ${formatBytes(device.memory.totalBytes)}`}
                  </td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </TableScroll>
    </section>
  );
}
