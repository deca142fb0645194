import { useState } from 'preact/hooks';
import type { Shard } from '../api/answers.gen.ts';
import { NOTHING } from '../format/numbers.ts';
import { TableScroll } from '../layout/table-scroll.tsx';
import type { NodeMarks } from './node-marks.ts';
import { NodeName } from './node-patterns.tsx';
import { stateText } from './shard-text.ts';

interface Props {
  readonly shards: readonly Shard[];
  readonly marks: NodeMarks;
  readonly chosen: number | undefined;
  readonly onChoose: (shard: number) => void;
}

/** Rows that a browser lays out at once without being noticed. */
const ROWS = 256;

/** The shard map as a table: everything the ring shows, to be read, searched and copied. */
export function ShardTable({ shards, marks, chosen, onChoose }: Props) {
  const [shown, setShown] = useState(ROWS);
  return (
    <>
      <TableScroll label="Shards, their owners and what they do">
        <table class="table shard-table">
          <caption class="visually-hidden">Shards, their owners and what they do</caption>
          <thead>
            <tr>
              <th scope="col">Shard</th>
              <th scope="col">Owner</th>
              <th scope="col">State</th>
              <th scope="col">Pinned to</th>
              <th scope="col" class="number" title="Grows when the owner changes">
                Epoch
              </th>
              <th scope="col" class="number">
                Cameras
              </th>
            </tr>
          </thead>
          <tbody>
            {shards.slice(0, shown).map((row) => (
              <tr
                key={row.shard}
                class={row.shard === chosen ? 'is-chosen' : ''}
                data-shard={row.shard}
                data-owner={row.node ?? ''}
                data-state={row.state}
              >
                <th scope="row">
                  <button
                    type="button"
                    class="link-button"
                    aria-pressed={row.shard === chosen}
                    onClick={() => onChoose(row.shard)}
                  >
                    {row.shard}
                  </button>
                </th>
                <td>{row.node === null ? 'nobody' : <NodeName node={row.node} mark={marks.of(row.node)} />}</td>
                <td>{stateText(row)}</td>
                <td>{row.pin ?? NOTHING}</td>
                <td class="number">{row.epoch}</td>
                <td class="number" title={row.cameras === null ? 'Its owner does not answer' : undefined}>
                  {row.cameras ?? '?'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      {shards.length > shown && (
        <button type="button" class="button is-small" onClick={() => setShown((n) => n + ROWS)}>
          Show {Math.min(ROWS, shards.length - shown)} more of {shards.length - shown}
        </button>
      )}
    </>
  );
}
