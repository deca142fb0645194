import { useState } from 'preact/hooks';
import type { OrderDone, Shard } from '../../api/answers.gen.ts';
import { useLive } from '../../live/live.ts';
import { countOf, stateText } from '../shard-text.ts';
import { ActionDialog } from './action-dialog.tsx';
import type { ActionProps } from './action-props.ts';

type ShardProps = ActionProps & { readonly shard: Shard };

const cameraWords = ({ cameras }: Shard): string =>
  cameras === null ? '' : cameras === 0 ? ' It has no cameras now.' : ` ${countOf(cameras, 'camera')} go along.`;

/** Hands one shard to a node of the operator's choice, once. */
export function MoveDialog({ shard, cluster, onClose, onChanged }: ShardProps) {
  const { api } = useLive();
  const targets = targetsOf(cluster, shard);
  const [to, setTo] = useState(targets[0] ?? '');
  return (
    <ActionDialog<OrderDone>
      title={`Move shard ${shard.shard}`}
      onClose={onClose}
      verb={`Move it to ${to}`}
      impossible={to === ''}
      send={({ why, headers }) =>
        api.send<OrderDone>(
          'POST',
          'v1/cluster/moves',
          { shard: shard.shard, to, ...(why === undefined ? {} : { why }) },
          {},
          headers,
        )
      }
      onDone={onChanged}
      after={() => <ShardFollowed shard={shard} to={to} />}
    >
      <TargetField targets={targets} to={to} onTo={setTo} />
      <p>
        Shard {shard.shard} goes from <b>{shard.node}</b> to <b>{to === '' ? 'nobody' : to}</b> with what it counted and
        tracks.{cameraWords(shard)} It stays there only as long as the loads agree; pin it to keep it there.
      </p>
      <LoadAfter shard={shard} to={to} cluster={cluster} />
    </ActionDialog>
  );
}

/** Keeps a shard on one node, whatever the loads. */
export function PinDialog({ shard, cluster, onClose, onChanged }: ShardProps) {
  const { api } = useLive();
  const own = shard.node === null ? [] : [shard.node];
  const targets = [...own, ...targetsOf(cluster, shard)];
  const [to, setTo] = useState(targets[0] ?? '');
  return (
    <ActionDialog<OrderDone>
      title={`Pin shard ${shard.shard}`}
      onClose={onClose}
      verb={`Pin it to ${to}`}
      impossible={to === ''}
      send={({ why, headers }) =>
        api.send<OrderDone>(
          'PUT',
          `v1/shards/${shard.shard}/pin`,
          { node: to, ...(why === undefined ? {} : { why }) },
          {},
          headers,
        )
      }
      onDone={onChanged}
      after={() => <ShardFollowed shard={shard} to={to} />}
    >
      <TargetField targets={targets} to={to} onTo={setTo} />
      <p>
        {to === shard.node ? (
          <>
            Shard {shard.shard} stays on <b>{to}</b>; nothing moves.
          </>
        ) : (
          <>
            Shard {shard.shard} goes from <b>{shard.node}</b> to <b>{to}</b>.{cameraWords(shard)}
          </>
        )}{' '}
        No rebalancing takes it away until it is unpinned. While {to} is dead, draining or cordoned the pin is passed
        over.
      </p>
      {to !== shard.node && <LoadAfter shard={shard} to={to} cluster={cluster} />}
    </ActionDialog>
  );
}

export function UnpinDialog({ shard, onClose, onChanged }: ShardProps) {
  const { api } = useLive();
  return (
    <ActionDialog<OrderDone>
      title={`Unpin shard ${shard.shard}`}
      onClose={onClose}
      verb="Unpin it"
      send={({ headers }) => api.send<OrderDone>('DELETE', `v1/shards/${shard.shard}/pin`, undefined, {}, headers)}
      onDone={onChanged}
      after={() => <p>The loads decide again where shard {shard.shard} is.</p>}
    >
      <p>
        Shard {shard.shard} is pinned to <b>{shard.pin}</b>. Unpinned, it stays where it is until the loads differ
        enough to move it.
      </p>
    </ActionDialog>
  );
}

/** Withdraws a hand-off that has not come to its stop. */
export function CancelMoveDialog({ shard, onClose, onChanged }: ShardProps) {
  const { api } = useLive();
  return (
    <ActionDialog<OrderDone>
      title={`Withdraw the move of shard ${shard.shard}`}
      onClose={onClose}
      verb="Withdraw it"
      impossible={shard.move === null}
      send={({ headers }) => api.send<OrderDone>('DELETE', `v1/cluster/moves/${shard.shard}`, undefined, {}, headers)}
      onDone={onChanged}
      after={() => <p>Withdrawn: {shard.node} serves it on.</p>}
    >
      <p>
        {shard.move === null ? (
          <>The move is over by now.</>
        ) : (
          <>
            Shard {shard.shard} stays on <b>{shard.node}</b> instead of going to <b>{shard.move.to}</b>. A round that
            wants it there will try again.
          </>
        )}
      </p>
    </ActionDialog>
  );
}

/** Who may take it: lives, and is to have shards. */
function targetsOf({ members }: ActionProps['cluster'], { node }: Shard): readonly string[] {
  return members
    .filter((m) => m.node !== node && m.alive && !m.cordoned && !m.draining)
    .sort((a, b) => a.shards - b.shards)
    .map((m) => m.node);
}

function TargetField({
  targets,
  to,
  onTo,
}: {
  readonly targets: readonly string[];
  readonly to: string;
  readonly onTo: (node: string) => void;
}) {
  if (targets.length === 0) return <p>No other node could take it: all others are dead, cordoned or stopping.</p>;
  return (
    <label class="labelled">
      To
      <select class="field" value={to} onChange={(event) => onTo(event.currentTarget.value)}>
        {targets.map((node) => (
          <option key={node} value={node}>
            {node}
          </option>
        ))}
      </select>
    </label>
  );
}

function LoadAfter({
  shard,
  to,
  cluster,
}: { readonly shard: Shard; readonly to: string } & Pick<ActionProps, 'cluster'>) {
  const of = (node: string | null): number => cluster.members.find((m) => m.node === node)?.shards ?? 0;
  return (
    <p class="note">
      {shard.node} would have {countOf(of(shard.node) - 1, 'shard')}, {to} {of(to) + 1}.
    </p>
  );
}

function ShardFollowed({ shard, to }: { readonly shard: Shard; readonly to: string }) {
  const isThere = shard.node === to && shard.state === 'running';
  return (
    <p data-followed={isThere ? 'there' : 'under way'}>
      {isThere ? (
        <b>
          Shard {shard.shard} is on {to}.
        </b>
      ) : (
        <>
          Shard {shard.shard} is on {shard.node}, {stateText(shard)}. It goes on when this is closed.
        </>
      )}
    </p>
  );
}
