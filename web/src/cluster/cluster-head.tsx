import type { Cluster } from '../api/answers.gen.ts';
import { NOTHING } from '../format/numbers.ts';
import { Fact } from '../layout/fact.tsx';
import { warningsOf } from './cluster-warnings.ts';

/** How the cluster stands in one line, and in a warning each what wants somebody's attention. */
export function ClusterHead({ cluster, missing }: { readonly cluster: Cluster; readonly missing: readonly string[] }) {
  const { kind, coordinator, members, shards, shardCount, pinned, mapVersion, lease } = cluster;
  const warnings = warningsOf(cluster, missing);
  const alive = members.filter((member) => member.alive).length;
  return (
    <>
      {warnings.map((warning) => (
        <p key={warning} class="warning" role="alert">
          {warning}
        </p>
      ))}
      {kind === 'redis' && (
        <dl class="cluster-facts">
          <Fact name="Nodes" hint="Members whose lease is good">
            {alive === members.length ? alive : `${alive} of ${members.length}`}
          </Fact>
          <Fact name="Coordinator" hint="Decides who gets which shard">
            {coordinator ?? 'nobody'}
          </Fact>
          <Fact name="Served" hint="Shards that run, of all">
            {shards.running + shards.moving} of {shardCount}
          </Fact>
          <Fact name="Moving" hint="Hand-offs under way, and shards that start at their new owner">
            {shards.moving + shards.starting}
          </Fact>
          <Fact name="Pinned" hint="Shards that stay where an operator wants them">
            {pinned}
          </Fact>
          <Fact name="Map" hint="Grows with each change of who has which shard">
            version {mapVersion}
          </Fact>
          <Fact name="Lease" hint="Of the node this page comes from: the expiring right to run its shards">
            {!lease.held
              ? 'not held'
              : lease.remainingMs === null
                ? NOTHING
                : `${(lease.remainingMs / 1_000).toFixed(1)} s`}
          </Fact>
        </dl>
      )}
    </>
  );
}
