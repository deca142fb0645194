import type { Device, Node, Nodes } from '../api/answers.gen.ts';
import { formatCount, formatDuration, formatMs, formatRate } from '../format/numbers.ts';
import { pageHref } from '../state/route.ts';

/** Every node and its devices, a line each. */
export function NodeLines({ nodes }: { readonly nodes: Nodes }) {
  return (
    <section class="card">
      <div class="card-head">
        <h3>Nodes and devices</h3>
        <p>
          <a href={pageHref('cluster')}>Cluster →</a> <a href={pageHref('devices')}>Devices →</a>
        </p>
      </div>
      <ul class="node-lines">
        {nodes.nodes.map((node) => (
          <NodeLine key={node.node} node={node} alone={nodes.nodes.length + nodes.away.length === 1} />
        ))}
        {nodes.away.map(({ node, why }) => (
          <li key={node} data-node={node}>
            <span class="node-name">
              <span class="dot is-bad" />
              {node}
            </span>
            <span>away: {why.replaceAll('_', ' ')}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function NodeLine({ node, alone }: { readonly node: Node; readonly alone: boolean }) {
  const { member } = node;
  const marks = [
    ...(node.ready ? [] : ['not ready']),
    ...(member.coordinator && !alone ? ['coordinator'] : []),
    ...(member.draining ? ['draining'] : []),
    ...(member.cordoned ? ['cordoned'] : []),
  ];
  return (
    <li data-node={node.node}>
      <span class="node-name">
        <span class={node.ready ? 'dot is-good' : 'dot is-bad'} />
        {node.node}
        {marks.map((mark) => (
          <span key={mark} class={mark === 'coordinator' ? 'chip' : 'chip is-warn'}>
            {mark}
          </span>
        ))}
      </span>
      <span title="Cameras of this node, and frames in and out per second">
        {formatCount(node.cameras)} cameras · {formatRate(node.fpsIn)} → {formatRate(node.fpsOut)} fps
      </span>
      <span title="99 of 100 results come within this time">p99 {formatMs(node.latencyMs?.p99 ?? null)} ms</span>
      <span class="quiet">up {formatDuration(node.uptimeMs)}</span>
      {node.devices.map((device) => (
        <DeviceLine key={device.device} device={device} />
      ))}
    </li>
  );
}

function DeviceLine({ device }: { readonly device: Device }) {
  const good = device.state === 'ready' && device.breaker === 'closed';
  return (
    <span class="device-line" title={`${device.model}, ${device.pending} frames pending`}>
      <span class={good ? 'dot is-good' : device.state === 'starting' ? 'dot is-warn' : 'dot is-bad'} />
      {device.device}{' '}
      <span class="quiet">
        {device.state === 'ready'
          ? `${device.inputSize} px · ${formatMs(device.computeMs)} ms per batch of ${device.batchSize.toFixed(1)}`
          : device.state}
        {device.breaker === 'closed' ? '' : ` · breaker ${device.breaker.replace('_', ' ')}`}
      </span>
    </span>
  );
}
