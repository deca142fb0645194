import type { Round, Rounds } from '../api/answers.gen.ts';
import { formatTime, NOTHING } from '../format/numbers.ts';
import { TableScroll } from '../layout/table-scroll.tsx';
import type { ClusterAction } from './actions/cluster-action.ts';
import { countOf } from './shard-text.ts';

const SHOWN_MAX = 5;

/** Rounds of moves, newest first, with how far each is. */
export function RoundList({
  rounds,
  onAction,
}: {
  readonly rounds: Rounds['rounds'];
  readonly onAction: ((action: ClusterAction) => void) | undefined;
}) {
  return (
    <section class="card">
      <h3>Rounds of moves</h3>
      {rounds.length === 0 ? (
        <p class="note">No round is kept: nothing had to be moved for balance, a drain or a pin.</p>
      ) : (
        <ul class="rounds">
          {rounds.slice(0, SHOWN_MAX).map((round) => (
            <RoundRow key={round.id} round={round} onAction={onAction} />
          ))}
        </ul>
      )}
    </section>
  );
}

function RoundRow({
  round,
  onAction,
}: {
  readonly round: Round;
  readonly onAction: ((action: ClusterAction) => void) | undefined;
}) {
  const isOpen = isUnderWay(round);
  return (
    <li data-round={round.id} data-state={round.state}>
      <div class="round-head">
        <p>
          <b>{formatTime(round.submittedAt)}</b> {countOf(round.moves.length, 'move')}{' '}
          <span class="quiet">
            asked by {round.who}: {round.why}
          </span>
        </p>
        {isOpen && onAction !== undefined && (
          <button
            type="button"
            class="button is-small"
            onClick={() => onAction({ kind: 'cancel-round', round: round.id })}
          >
            Cancel …
          </button>
        )}
      </div>
      <RoundProgress round={round} />
      <details>
        <summary>Moves</summary>
        <TableScroll label={`Moves of the round ${round.id}`}>
          <table class="table">
            <caption class="visually-hidden">Moves of the round {round.id}</caption>
            <thead>
              <tr>
                <th scope="col">Shard</th>
                <th scope="col">From, to</th>
                <th scope="col">State</th>
                <th scope="col" class="number">
                  Attempts
                </th>
                <th scope="col">Fault</th>
              </tr>
            </thead>
            <tbody>
              {round.moves.map(({ shard, from, to, state, step, attempts, error }) => (
                <tr key={shard}>
                  <th scope="row">{shard}</th>
                  <td>
                    {from ?? NOTHING} → {to}
                  </td>
                  <td>{step === null || state !== 'active' ? state : `${state}: ${step}`}</td>
                  <td class="number">{attempts}</td>
                  <td>{error ?? NOTHING}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroll>
      </details>
    </li>
  );
}

export const isUnderWay = ({ state }: Pick<Round, 'state'>): boolean => state === 'waiting' || state === 'active';

const STATES = ['completed', 'failed', 'cancelled', 'active', 'waiting'] as const;

/** How many of a round's moves are in which state: a bar, and in words. */
export function RoundProgress({ round }: { readonly round: Round }) {
  const of = round.moves.length;
  let x = 0;
  const counts = STATES.map((state) => [state, round.moves.filter((move) => move.state === state).length] as const);
  return (
    <div class="round-progress">
      <svg class="load-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="load-room" width="100" height="6" />
        {counts.map(([state, n]) => {
          const width = of === 0 ? 0 : (n / of) * 100;
          x += width;
          return <rect key={state} class={`round-${state}`} x={x - width} width={width} height="6" />;
        })}
      </svg>
      <p class="note">
        {counts
          .filter(([, n]) => n > 0)
          .map(([state, n]) => `${n} ${state}`)
          .join(' · ')}
      </p>
    </div>
  );
}
