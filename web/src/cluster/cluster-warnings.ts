import type { Cluster } from '../api/answers.gen.ts';
import { countOf } from './shard-text.ts';

/** What wants attention, in sentences. */
export function warningsOf(cluster: Cluster, missing: readonly string[]): readonly string[] {
  const { kind, node, coordinator, members, shards, lease } = cluster;
  if (kind === 'local') return [];
  const dead = members.filter((member) => !member.alive);
  return [
    ...(lease.islanded
      ? [
          'No node reaches Redis. Each keeps serving what it has, nothing moves, alerts wait in the outbox. Bring Redis back; there is nothing to do on the nodes.',
        ]
      : []),
    ...(lease.held || lease.islanded
      ? []
      : [
          `${node}, the node this page comes from, has lost its lease and serves nothing. Open the page of another node.`,
        ]),
    ...(coordinator === null && !lease.islanded
      ? ['Nobody coordinates: shards of a node that dies are not taken over until somebody does.']
      : []),
    ...(shards.unowned > 0
      ? [`${countOf(shards.unowned, 'shard')} without an owner: their cameras are not served.`]
      : []),
    ...dead.map((member) =>
      member.shards > 0
        ? `${member.node} is dead. Its ${countOf(member.shards, 'shard')} are being taken over.`
        : `${member.node} is dead and has no shards any more. Nothing has to be done; it joins again when it is started.`,
    ),
    ...missing
      .filter((name) => !dead.some((member) => member.node === name))
      .map((name) => `${name} does not answer: how many cameras its shards have is not known.`),
  ];
}
