import type { Plan, Rebalanced, Round } from '../../api/answers.gen.ts';
import { Loadable } from '../../layout/loadable.tsx';
import { useLive } from '../../live/live.ts';
import { useResource } from '../../state/use-resource.ts';
import { RoundProgress } from '../round-list.tsx';
import { countOf } from '../shard-text.ts';
import { ActionDialog } from './action-dialog.tsx';
import type { ActionProps } from './action-props.ts';
import { PlanPreview } from './plan-preview.tsx';

/** Moves what the cluster plans now. What was shown is what is moved, though the plan be another a moment later. */
export function RebalanceDialog({ shards, marks, onClose, onChanged }: ActionProps) {
  const { api } = useLive();
  const plan = useResource('plan', (signal) => api.get<Plan>('v1/cluster/plan', {}, signal));
  const moves = plan.value?.moves ?? [];
  return (
    <ActionDialog<Rebalanced>
      title="Rebalance"
      onClose={onClose}
      verb={moves.length === 0 ? 'Nothing to move' : `Move ${countOf(moves.length, 'shard')}`}
      impossible={moves.length === 0}
      send={({ why, headers }) =>
        api.send<Rebalanced>(
          'POST',
          'v1/cluster/rebalance',
          { moves, ...(why === undefined ? {} : { why }) },
          {},
          headers,
        )
      }
      onDone={onChanged}
      after={({ round }) => (round === null ? <p>Nothing had to move.</p> : <RoundFollowed id={round} />)}
    >
      <Loadable resource={plan} what="what would move">
        {() =>
          moves.length === 0 ? (
            <p>Nothing to move: the shards are where they belong.</p>
          ) : (
            <>
              <p>
                <b data-leaving={moves.length}>{countOf(moves.length, 'shard')}</b> would move in this round, each with
                its cameras, counts and open alerts. The coordinator plans the next round by itself.
              </p>
              <PlanPreview moves={moves} shards={shards} marks={marks} />
            </>
          )
        }
      </Loadable>
    </ActionDialog>
  );
}

function RoundFollowed({ id }: { readonly id: string }) {
  const { api } = useLive();
  const round = useResource(
    `round ${id}`,
    (signal) => api.get<Round>(`v1/cluster/rounds/${encodeURIComponent(id)}`, {}, signal),
    { everyMs: 1_000 },
  );
  return (
    <Loadable resource={round} what="the round">
      {(now) => (
        <div class="action-progress" data-round-state={now.state}>
          <p>
            <b>
              {now.state === 'completed'
                ? `Done: ${countOf(now.moves.length, 'shard')} moved.`
                : now.state === 'failed'
                  ? 'Over, and some could not be moved: the list of rounds says why.'
                  : now.state === 'cancelled'
                    ? 'Cancelled.'
                    : 'Under way. It goes on when this is closed.'}
            </b>
          </p>
          <RoundProgress round={now} />
        </div>
      )}
    </Loadable>
  );
}

/** Takes back what of a round has not begun. */
export function CancelRoundDialog({ round, onClose, onChanged }: ActionProps & { readonly round: Round }) {
  const { api } = useLive();
  const waiting = round.moves.filter(({ state }) => state === 'waiting').length;
  const begun = round.moves.filter(({ state }) => state === 'active').length;
  return (
    <ActionDialog<{ readonly cancelled: number }>
      title="Cancel the round"
      onClose={onClose}
      verb="Take back what has not begun"
      send={({ headers }) =>
        api.send('DELETE', `v1/cluster/rounds/${encodeURIComponent(round.id)}`, undefined, {}, headers)
      }
      onDone={onChanged}
      after={({ cancelled }) => <p>{countOf(cancelled, 'move')} taken back.</p>}
    >
      <p>
        Of {countOf(round.moves.length, 'move')}, {waiting} {waiting === 1 ? 'waits' : 'wait'} and would be taken back;{' '}
        {begun} {begun === 1 ? 'is' : 'are'} under way and left to their hand-offs; what has moved stays where it is.
      </p>
      <RoundProgress round={round} />
    </ActionDialog>
  );
}
