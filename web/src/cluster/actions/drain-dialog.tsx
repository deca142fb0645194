import { useRef } from 'preact/hooks';
import type { OrderDone, Plan } from '../../api/answers.gen.ts';
import { formatDuration } from '../../format/numbers.ts';
import { Loadable } from '../../layout/loadable.tsx';
import { useLive } from '../../live/live.ts';
import { useNow } from '../../state/use-now.ts';
import { useResource } from '../../state/use-resource.ts';
import { camerasOf } from '../plan-summary.ts';
import { countOf } from '../shard-text.ts';
import { ActionDialog } from './action-dialog.tsx';
import type { ActionProps } from './action-props.ts';
import { PlanPreview } from './plan-preview.tsx';

/** Takes all shards off a node and keeps them off: what `camshard nodes drain` does. */
export function DrainDialog({
  node,
  cluster,
  shards,
  marks,
  onClose,
  onChanged,
}: ActionProps & { readonly node: string }) {
  const { api } = useLive();
  const plan = useResource(`drain ${node}`, (signal) => api.get<Plan>('v1/cluster/plan', { drain: node }, signal));
  const had = useRef<number | undefined>(undefined);
  const mine = shards.filter((row) => row.node === node);
  const moves = plan.value?.moves ?? [];
  const member = cluster.members.find((m) => m.node === node);
  return (
    <ActionDialog<OrderDone>
      title={`Drain ${node}`}
      onClose={onClose}
      verb={`Drain ${node}`}
      impossible={plan.value === undefined || (moves.length === 0 && mine.length > 0)}
      send={({ why, headers }) => {
        had.current = mine.length;
        return api.send<OrderDone>(
          'PUT',
          `v1/nodes/${encodeURIComponent(node)}/cordon`,
          why === undefined ? {} : { why },
          {},
          headers,
        );
      }}
      onDone={onChanged}
      after={() => (
        <DrainProgress
          node={node}
          of={had.current ?? 0}
          left={member?.shards ?? 0}
          movesOut={member?.movesOut ?? 0}
          movesIn={member?.movesIn ?? 0}
          cordoned={member?.cordoned ?? true}
        />
      )}
    >
      <Loadable resource={plan} what="what would move">
        {() => (
          <>
            <p>
              {mine.length === 0 ? (
                <>{node} has no shards. It will get none until it is uncordoned.</>
              ) : moves.length === 0 ? (
                <b>No other node could take the shards of {node}: all others are dead, cordoned or stopping.</b>
              ) : (
                <>
                  <b data-leaving={moves.length}>{countOf(moves.length, 'shard')}</b>{' '}
                  {cameraWords(
                    camerasOf(
                      moves.map(({ shard }) => shard),
                      shards,
                    ),
                  )}{' '}
                  leave {node}, which gets none back until it is uncordoned. Counts, tracks and open alerts go along.
                </>
              )}
            </p>
            {moves.length > 0 && <PlanPreview moves={moves} shards={shards} marks={marks} />}
          </>
        )}
      </Loadable>
    </ActionDialog>
  );
}

const cameraWords = (cameras: number | null): string =>
  cameras === null ? '' : cameras === 0 ? 'without cameras' : `with ${countOf(cameras, 'camera')}`;

interface ProgressProps {
  readonly node: string;
  readonly of: number;
  readonly left: number;
  readonly movesOut: number;
  readonly movesIn: number;
  readonly cordoned: boolean;
}

function DrainProgress({ node, of, left, movesOut, movesIn, cordoned }: ProgressProps) {
  const nowMs = useNow(500);
  const sinceMs = useRef(nowMs);
  const endedMs = useRef<number | undefined>(undefined);
  const isEmpty = left + movesIn === 0;
  if (isEmpty) endedMs.current ??= nowMs;
  const gone = Math.max(0, of - left);
  return (
    <div class="action-progress" data-left={left}>
      {isEmpty ? (
        <p>
          <b>{node} is empty:</b> {countOf(of, 'shard')} moved in{' '}
          {formatDuration((endedMs.current ?? nowMs) - sinceMs.current)}. It can be stopped now.
        </p>
      ) : cordoned ? (
        <p>
          <b>
            {gone} of {countOf(of, 'shard')}
          </b>{' '}
          moved, {movesOut} on the way. It goes on when this is closed.
        </p>
      ) : (
        <p>Somebody has uncordoned {node}: what has not moved stays.</p>
      )}
      <ProgressBar share={of === 0 ? 1 : gone / of} />
    </div>
  );
}

export function ProgressBar({ share }: { readonly share: number }) {
  return (
    <svg class="load-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="load-room" width="100" height="6" />
      <rect class="load-used" width={share * 100} height="6" />
    </svg>
  );
}
