import type { OrderDone } from '../../api/answers.gen.ts';
import { useLive } from '../../live/live.ts';
import { countOf } from '../shard-text.ts';
import { ActionDialog } from './action-dialog.tsx';
import type { ActionProps } from './action-props.ts';

const pathOf = (node: string): string => `v1/nodes/${encodeURIComponent(node)}`;

/** Lets a node have shards again. */
export function UncordonDialog({ node, cluster, onClose, onChanged }: ActionProps & { readonly node: string }) {
  const { api } = useLive();
  const living = cluster.members.filter(({ alive, draining }) => alive && !draining);
  const takers = living.filter((m) => !m.cordoned || m.node === node).length;
  const member = cluster.members.find((m) => m.node === node);
  const about = Math.round(cluster.shardCount / Math.max(1, takers));
  return (
    <ActionDialog<OrderDone>
      title={`Uncordon ${node}`}
      onClose={onClose}
      verb={`Uncordon ${node}`}
      send={({ headers }) => api.send<OrderDone>('DELETE', `${pathOf(node)}/cordon`, undefined, {}, headers)}
      onDone={onChanged}
      after={() => (
        <p>
          <b>{node} may have shards again.</b> It has {countOf(member?.shards ?? 0, 'shard')} now; the coordinator gives
          it more round by round.
        </p>
      )}
    >
      <p>
        {node} may have shards again. With {countOf(takers, 'node')} of the same capacity its share is about{' '}
        <b>{countOf(about, 'shard')}</b> of {cluster.shardCount}; they come from the fullest nodes, round by round.
      </p>
    </ActionDialog>
  );
}

/** Forgets a member that is dead: nobody asks it any more. */
export function RemoveDialog({ node, cluster, shards, onClose, onChanged }: ActionProps & { readonly node: string }) {
  const { api } = useLive();
  const owned = shards.filter((row) => row.node === node);
  const isMember = cluster.members.some((m) => m.node === node);
  return (
    <ActionDialog<OrderDone>
      title={`Remove ${node}`}
      onClose={onClose}
      verb={`Remove ${node} for good`}
      typed={node}
      impossible={!isMember}
      send={({ headers }) => api.send<OrderDone>('DELETE', pathOf(node), undefined, {}, headers)}
      onDone={onChanged}
      after={() => (
        <p>
          <b>{node} is no member any more.</b> When it is started again it joins as any other node does.
        </p>
      )}
    >
      <p>
        {node} is forgotten.{' '}
        {owned.length === 0
          ? 'It has no shards left.'
          : `Its ${countOf(owned.length, 'shard')} go to others at once, from their last checkpoint.`}
      </p>
      <p class="warning">
        <b>Be certain that its process does not run.</b> A node that is only cut off counts on being asked before the
        others go on without it; removed, it is not asked any more.
      </p>
    </ActionDialog>
  );
}
