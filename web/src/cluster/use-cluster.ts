import { useEffect } from 'preact/hooks';
import type { Cluster, ClusterEvents, Nodes, Rounds, Shards } from '../api/answers.gen.ts';
import { useLive } from '../live/live.ts';
import { type Resource, useResource } from '../state/use-resource.ts';

/** The map and who is there, cheap to ask for. */
const STATUS_MS = 1_000;
/** All shards with their cameras; asked for at once where the map has changed. */
const SHARDS_MS = 5_000;
/** Nodes' own figures; a node that does not answer holds this up by two seconds. */
const NODES_MS = 2_000;
/** Redis has them. */
const LOG_MS = 4_000;

export interface ClusterState {
  readonly status: Resource<Cluster>;
  readonly shards: Resource<Shards>;
  readonly nodes: Resource<Nodes>;
  readonly rounds: Resource<Rounds>;
  readonly events: Resource<ClusterEvents>;
}

/** What the cluster page shows, kept up to date while it is open. */
export function useCluster(): ClusterState {
  const { api } = useLive();
  const status = useResource('cluster', (signal) => api.get<Cluster>('v1/cluster', {}, signal), {
    everyMs: STATUS_MS,
  });
  const shards = useResource('shards', (signal) => api.get<Shards>('v1/shards', {}, signal), { everyMs: SHARDS_MS });
  const nodes = useResource('nodes', (signal) => api.get<Nodes>('v1/nodes', {}, signal), { everyMs: NODES_MS });
  const rounds = useResource('rounds', (signal) => api.get<Rounds>('v1/cluster/rounds', { limit: '10' }, signal), {
    everyMs: LOG_MS,
  });
  const events = useResource(
    'events',
    (signal) => api.get<ClusterEvents>('v1/cluster/events', { limit: '100' }, signal),
    { everyMs: LOG_MS },
  );
  // A map that has changed, or somebody who came or went: what hangs on it is asked for now, not in its turn.
  const version = status.value?.mapVersion;
  const alive = status.value?.members.map(({ node, alive: is }) => `${node} ${is}`).join();
  useEffect(() => {
    if (version === undefined) return;
    shards.reload();
    events.reload();
    rounds.reload();
  }, [version]);
  useEffect(() => {
    if (alive !== undefined) nodes.reload();
  }, [alive]);
  return { status, shards, nodes, rounds, events };
}
