import type { Cluster } from '../api/answers.gen.ts';
import { formatTime, NOTHING } from '../format/numbers.ts';
import { TableScroll } from '../layout/table-scroll.tsx';
import { useNow } from '../state/use-now.ts';
import { begunAt, type ClusterEvent, type HandOff, handOffs } from './hand-offs.ts';
import { countOf } from './shard-text.ts';

/** Ended ones worth a look. */
const ENDED_MAX = 8;

/** Hand-offs under way with how long they have taken, and the last that ended. */
export function MovesNow({
  cluster,
  events,
  onShard,
}: {
  readonly cluster: Cluster;
  readonly events: readonly ClusterEvent[];
  readonly onShard: (shard: number) => void;
}) {
  const nowMs = useNow(1_000);
  const began = begunAt(events);
  const ended = handOffs(events);
  const { moves } = cluster;
  return (
    <section class="card" data-under-way={moves.length}>
      <h3>
        Hand-offs <span class="quiet">{moves.length === 0 ? 'none under way' : `${moves.length} under way`}</span>
      </h3>
      {moves.length === 0 && ended.length === 0 ? (
        <p class="note">No shard has moved of late.</p>
      ) : (
        <TableScroll label="Hand-offs under way, and the last that ended">
          <table class="table">
            <caption class="visually-hidden">Hand-offs under way, and the last that ended</caption>
            <thead>
              <tr>
                <th scope="col">Shard</th>
                <th scope="col">From, to</th>
                <th scope="col">Why, how</th>
                <th scope="col" class="number">
                  Took
                </th>
                <th scope="col" class="number">
                  Ended
                </th>
              </tr>
            </thead>
            <tbody>
              {moves.map(({ shard, from, to, why }) => {
                const at = began.get(shard);
                return (
                  <tr key={`now ${shard}`} class="is-under-way">
                    <th scope="row">
                      <ShardButton shard={shard} onShard={onShard} />
                    </th>
                    <td>
                      {from ?? NOTHING} → {to}
                    </td>
                    <td>{why}</td>
                    <td class="number">{at === undefined ? NOTHING : seconds(Math.max(0, nowMs - at))}</td>
                    <td class="number">under way</td>
                  </tr>
                );
              })}
              {ended.slice(0, ENDED_MAX).map((handOff) => (
                <EndedRow key={`${handOff.shard} ${handOff.endedAt}`} handOff={handOff} onShard={onShard} />
              ))}
            </tbody>
          </table>
        </TableScroll>
      )}
      {ended.length > ENDED_MAX && (
        <p class="note">
          {countOf(ended.length - ENDED_MAX, 'more hand-off')} in the last 100 events; {lengths(ended)}.
        </p>
      )}
    </section>
  );
}

function EndedRow({ handOff, onShard }: { readonly handOff: HandOff; readonly onShard: (shard: number) => void }) {
  const { shard, from, to, how, tookMs, endedAt } = handOff;
  return (
    <tr>
      <th scope="row">
        <ShardButton shard={shard} onShard={onShard} />
      </th>
      <td>
        {from ?? NOTHING} → {to ?? NOTHING}
      </td>
      <td>{how}</td>
      <td class="number" title={tookMs === null ? 'The nodes’ clocks differ by more' : 'From begin to served'}>
        {tookMs === null ? NOTHING : seconds(tookMs)}
      </td>
      <td class="number">{formatTime(endedAt)}</td>
    </tr>
  );
}

function ShardButton({ shard, onShard }: { readonly shard: number; readonly onShard: (shard: number) => void }) {
  return (
    <button type="button" class="link-button" aria-label={`Shard ${shard}`} onClick={() => onShard(shard)}>
      {shard}
    </button>
  );
}

/** `0.24 s`, `3.1 s`, `41 s`. */
export const seconds = (ms: number): string =>
  `${ms < 1_000 ? (ms / 1_000).toFixed(2) : ms < 10_000 ? (ms / 1_000).toFixed(1) : Math.round(ms / 1_000)} s`;

function lengths(ended: readonly HandOff[]): string {
  const known = ended.flatMap(({ tookMs }) => tookMs ?? []).sort((a, b) => a - b);
  const middle = known[Math.floor(known.length / 2)];
  const longest = known.at(-1);
  return middle === undefined || longest === undefined
    ? 'how long they took is not known'
    : `half took ${seconds(middle)} or less, the longest ${seconds(longest)}`;
}
