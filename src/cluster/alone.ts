import { NO_RELAYS } from '../../actors/camera-relays.ts';
import { soleOwnership } from '../../actors/ownership.ts';
import { epoch, nodeId, shardId } from '../../core/ids.ts';
import type { NodeCluster } from './node-cluster.ts';
import type { OpenClusterOptions } from './open-cluster.ts';
import { singleNodeCluster } from './single-node.ts';

/** A node on its own: owns everything, waits for nobody. */
export function aloneCluster({ config, version, book, clock, overload }: OpenClusterOptions): NodeCluster {
  const node = nodeId(config.node.id);
  const answers: Record<string, (body: unknown) => unknown> = {};
  const startedAt = Math.round(clock.wallMs());
  const { name, shardCount, advertiseUrl } = config.cluster;
  const service = singleNodeCluster({
    node,
    name,
    shardCount,
    answers,
    info: () => {
      const { capacityFps, wantedFps } = overload();
      return {
        ...{ node, incarnation: 'local', advertiseUrl, linkUrl: '', version, startedAt, draining: false },
        ...{ capacityFps, demandFps: wantedFps, cameras: book.size, rung: 0, mapVersion: 1 },
      };
    },
    autoscale: () => {
      const { capacityFps, wantedFps } = overload();
      const utilisation = capacityFps > 0 ? wantedFps / capacityFps : 0;
      return {
        ...{ cluster: name, demandFps: wantedFps, capacityFps, utilisation, nodes: 1, desiredNodes: 1 },
        ...{ recommendation: 'hold', triggers: [] },
        perNode: [{ node, demandFps: wantedFps, capacityFps, utilisation }],
      };
    },
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
    join: ({ expectCameras }) => expectCameras(new Set(every)),
    leave: async () => {},
    closeAccounts: async () => {},
    close: async () => {},
    registerMetrics: () => {},
  };
}
