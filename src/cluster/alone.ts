import { NO_RELAYS } from '../../actors/camera-relays.ts';
import { soleOwnership } from '../../actors/ownership.ts';
import { epoch, nodeId, shardId } from '../../core/ids.ts';
import { registerAutoscale } from '../telemetry/autoscale-metrics.ts';
import { AutoscaleWatch } from './autoscale-watch.ts';
import type { NodeCluster } from './node-cluster.ts';
import type { NodeLoad } from './node-load.ts';
import type { OpenClusterOptions } from './open-cluster.ts';
import { singleNodeCluster } from './single-node.ts';

/** A node on its own: owns everything, waits for nobody. */
export function aloneCluster({ config, version, book, clock }: OpenClusterOptions): NodeCluster {
  const node = nodeId(config.node.id);
  const answers: Record<string, (body: unknown) => unknown> = {};
  const startedAt = Math.round(clock.wallMs());
  const { name, shardCount, advertiseUrl, scaling } = config.cluster;
  let load: NodeLoad | undefined;
  const watch = new AutoscaleWatch({
    clock,
    settings: scaling,
    looks: () => load !== undefined,
    observe: async () => ({ cluster: name, nodes: load === undefined ? [] : [load.figures(clock.nowMs())] }),
  });
  const service = singleNodeCluster({
    node,
    name,
    shardCount,
    answers,
    info: () => ({
      ...{ node, incarnation: 'local', advertiseUrl, linkUrl: '', version, startedAt, draining: false },
      ...{ capacityFps: load?.capacityFps ?? 0, demandFps: load?.demandFps ?? 0 },
      ...{ cameras: book.size, rung: 0, mapVersion: 1 },
    }),
    autoscale: () => watch.signal(),
  });
  const every = Array.from({ length: shardCount }, (_, shard) => shardId(shard));
  return {
    ownership: soleOwnership(epoch(1)),
    relays: NO_RELAYS,
    service,
    forAnalysis: undefined,
    notReady: () => undefined,
    serveLinks: () => {},
    answer: (question, answer) => {
      answers[question] = answer;
    },
    join: (parts) => {
      load = parts.load;
      parts.expectCameras(new Set(every));
    },
    leave: async () => {},
    closeAccounts: async () => {},
    close: async () => watch.close(),
    registerMetrics: (registry) => registerAutoscale(registry, () => watch.last),
  };
}
