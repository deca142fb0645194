import { CamshardError, errorCode } from '../../core/errors.ts';
import type { NodeId } from '../../core/ids.ts';
import type { AutoscaleSignal } from '../../shards/autoscale.ts';
import { localMap } from '../../shards/cluster/cluster-map.ts';
import type { MemberInfo } from '../../shards/cluster/store.ts';
import type { ClusterService, Gathered } from './port.ts';

export interface SingleNodeOptions {
  readonly node: NodeId;
  readonly name: string;
  readonly shardCount: number;
  /** What the node says of itself, now. */
  readonly info: () => MemberInfo;
  readonly autoscale: () => Promise<AutoscaleSignal>;
  /** What this node answers to the questions that nodes ask each other. */
  readonly answers: Readonly<Record<string, (body: unknown) => unknown>>;
}

const REFUSED = {
  kind: 'refused',
  code: 'local_cluster',
  message: 'this node is all there is: cluster.adapter is local',
} as const;

/** The cluster of a node on its own: every shard is its, there is nobody to move anything to. */
export function singleNodeCluster(options: SingleNodeOptions): ClusterService {
  const { node, name, shardCount, info, autoscale, answers } = options;
  const map = localMap(node, shardCount);
  return {
    node,
    name,
    kind: 'local',
    view: () => ({ map, members: [{ info: info(), alive: true }], coordinator: node, coordinates: true }),
    lease: () => ({ held: true, islanded: false, remainingMs: null }),
    order: async () => REFUSED,
    plan: () => [],
    submitRound: () => Promise.reject(new CamshardError(REFUSED.code, REFUSED.message)),
    rounds: async () => [],
    cancelRound: async () => 0,
    events: async () => ({ items: [], next: null }),
    autoscale,
    gather: async <T>(question: string, body: unknown): Promise<Gathered<T>> => {
      const answer = answers[question];
      if (answer === undefined) return { answers: [], missing: [{ node, code: 'unknown_question' }] };
      try {
        return { answers: [{ node, answer: (await answer(body)) as T }], missing: [] };
      } catch (error) {
        return { answers: [], missing: [{ node, code: errorCode(error) }] };
      }
    },
  };
}
