import { useRef, useState } from 'preact/hooks';
import type { Cluster, Shards } from '../api/answers.gen.ts';
import { formatCount } from '../format/numbers.ts';
import { Loadable } from '../layout/loadable.tsx';
import { PageHead } from '../layout/page-head.tsx';
import { pageHref } from '../state/route.ts';
import { useQuery } from '../state/router.ts';
import type { ClusterAction } from './actions/cluster-action.ts';
import { OpenAction } from './actions/open-action.tsx';
import { ClusterHead } from './cluster-head.tsx';
import { EventFeed } from './event-feed.tsx';
import { MovesNow } from './moves-now.tsx';
import { NodeCards } from './node-cards.tsx';
import { NodeMarks } from './node-marks.ts';
import { NodePatterns } from './node-patterns.tsx';
import { RoundList } from './round-list.tsx';
import { ScalingSignal } from './scaling-signal.tsx';
import { ShardMapCard } from './shard-map-card.tsx';
import { type ClusterState, useCluster } from './use-cluster.ts';

/** Who is there, who has which shard, what moves; and what an operator may do about it. */
export function ClusterPage() {
  const state = useCluster();
  return (
    <Loadable resource={state.status} what="the cluster">
      {(cluster) => (
        <Loadable resource={state.shards} what="the shards">
          {(shards) => <ClusterView cluster={cluster} shards={shards} state={state} />}
        </Loadable>
      )}
    </Loadable>
  );
}

interface ViewProps {
  readonly cluster: Cluster;
  readonly shards: Shards;
  readonly state: ClusterState;
}

function ClusterView({ cluster, shards, state }: ViewProps) {
  const { nodes, rounds, events } = state;
  const [query, setQuery] = useQuery();
  const [node, setNode] = useState<string | undefined>();
  const [action, setAction] = useState<ClusterAction | undefined>();
  const marks = useRef(new NodeMarks()).current;
  marks.meet(cluster.members.map((member) => member.node));
  const isSingle = cluster.kind === 'local';
  const chosenText = query.get('shard');
  const chosen = chosenText === null ? undefined : Number(chosenText);
  const choose = (shard: number | undefined): void =>
    setQuery({ shard: shard === undefined ? undefined : String(shard) });
  const changed = (): void => {
    for (const resource of [state.status, state.shards, state.rounds, state.events]) resource.reload();
  };
  const logged = events.value?.items ?? [];

  return (
    <div class="cluster-page" data-map={shards.version}>
      <NodePatterns count={marks.count} />
      <PageHead title={isSingle ? 'Cluster' : `Cluster ${cluster.name}`}>
        {!isSingle && (
          <button type="button" class="button" onClick={() => setAction({ kind: 'rebalance' })}>
            Rebalance …
          </button>
        )}
      </PageHead>
      <ClusterHead cluster={cluster} missing={shards.missing} />
      {isSingle && <OneNodeOnItsOwn cluster={cluster} />}
      <div class="cluster-top">
        <ShardMapCard
          shards={shards.shards}
          members={cluster.members}
          marks={marks}
          query={query}
          setQuery={setQuery}
          chosen={chosen}
          onChoose={choose}
          node={node}
          onAction={isSingle ? undefined : setAction}
        />
        <section class="cluster-side" aria-labelledby="nodes-title">
          <h3 id="nodes-title">
            Nodes <span class="quiet">{formatCount(cluster.members.length)}</span>
          </h3>
          <NodeCards
            cluster={cluster}
            nodes={nodes.value}
            marks={marks}
            shown={node}
            onShow={setNode}
            onAction={isSingle ? undefined : setAction}
          />
          <ScalingSignal />
        </section>
      </div>
      {!isSingle && (
        <>
          <div class="cluster-middle">
            <MovesNow cluster={cluster} events={logged} onShard={choose} />
            <Loadable resource={rounds} what="the rounds">
              {(value) => <RoundList rounds={value.rounds} onAction={setAction} />}
            </Loadable>
          </div>
          <Loadable resource={events} what="the events">
            {(value) => <EventFeed newest={value} />}
          </Loadable>
        </>
      )}
      {action !== undefined && (
        <OpenAction
          key={JSON.stringify(action)}
          action={action}
          rounds={rounds.value?.rounds ?? []}
          cluster={cluster}
          shards={shards.shards}
          marks={marks}
          onClose={() => setAction(undefined)}
          onChanged={changed}
        />
      )}
    </div>
  );
}

/** A node on its own has a ring as well; here is what it takes to make it one of several. */
function OneNodeOnItsOwn({ cluster }: { readonly cluster: Cluster }) {
  return (
    <details class="card one-node">
      <summary>
        <b>One node on its own.</b> All {cluster.shardCount} shards are served by {cluster.node}; there is nobody to
        move them to. How to make it a cluster
      </summary>
      <p>
        Nodes with the same Redis, cluster name and secret are one cluster; the second takes its share of the shards
        when it starts. Put this into the configuration of each, with an <code>id</code> and an{' '}
        <code>advertiseUrl</code> of its own, and give them one PostgreSQL for the history (or none):
      </p>
      <pre>
        <code>{CONFIGURATION}</code>
      </pre>
      <p class="note">
        The guide “Several nodes” (<code>docs/cluster.md</code>) says the rest. Until then{' '}
        <a href={pageHref('devices')}>Devices</a> shows how loaded this one is.
      </p>
    </details>
  );
}

const CONFIGURATION = `node: { id: node-1 }
server: { host: 0.0.0.0, port: 8080 }
auth: { token: <16 characters or more> }
redis: { url: "redis://redis:6379" }
history: { url: "postgres://camshard@db/camshard" }
cluster:
  adapter: redis
  name: north
  secret: <16 characters or more, the same on every node>
  advertiseUrl: ws://node-1.example.org:8080`;
