import { Gauge, type Registry } from 'prom-client';
import type { AutoscaleSignal } from '../../shards/autoscale.ts';
import { type Labels, pulled } from './pulled-metric.ts';

/** The scaling signal of `GET /v1/autoscale` as metrics: told by the node that measures, the coordinator, alone. */
export function registerAutoscale(registry: Registry, last: () => AutoscaleSignal | undefined): void {
  const gauge = (name: string, help: string, read: (signal: AutoscaleSignal) => number): void =>
    pulled(registry, Gauge, name, help, [], (): [Labels, number][] => {
      const signal = last();
      return signal === undefined ? [] : [[{}, read(signal)]];
    });
  gauge(
    'camshard_autoscale_utilisation',
    'Frames that cameras would send if they were let, over what the nodes that stay can do, above 1 where it is too much; told by the coordinator.',
    ({ utilisation }) => utilisation,
  );
  gauge('camshard_autoscale_nodes', 'Nodes that serve and stay; told by the coordinator.', ({ nodes }) => nodes);
  gauge(
    'camshard_autoscale_desired_nodes',
    'Nodes there should be, by cluster.scaling; told by the coordinator.',
    ({ desiredNodes }) => desiredNodes,
  );
  pulled(
    registry,
    Gauge,
    'camshard_autoscale_trigger_active',
    'Whether this asks for another node (gpu_busy, latency_p99, queue_depth) or for one less (quiet): 1 or 0.',
    ['trigger'],
    () => {
      const signal = last();
      if (signal === undefined) return [];
      const on = new Set<string>(signal.triggers.map(({ name }) => name));
      return TRIGGERS.map((trigger): [Labels, number] => [{ trigger }, Number(on.has(trigger))]);
    },
  );
}

const TRIGGERS = ['gpu_busy', 'latency_p99', 'queue_depth', 'quiet'] as const;
