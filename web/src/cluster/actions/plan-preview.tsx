import type { Shard } from '../../api/answers.gen.ts';
import { NOTHING } from '../../format/numbers.ts';
import { TableScroll } from '../../layout/table-scroll.tsx';
import type { NodeMarks } from '../node-marks.ts';
import { NodeName } from '../node-patterns.tsx';
import { flowsOf, type PlannedMove, shardNumbers } from '../plan-summary.ts';

const WHY: Readonly<Record<string, string>> = {
  initial: 'nobody ever had them',
  dead: 'their node is dead',
  drain: 'their node stops',
  cordon: 'their node is to have none',
  pin: 'they are pinned there',
  balance: 'the loads differ',
};

interface Props {
  readonly moves: readonly PlannedMove[];
  readonly shards: readonly Shard[];
  readonly marks: NodeMarks;
}

/** What a plan moves, by where from and where to, with the cameras that go along. */
export function PlanPreview({ moves, shards, marks }: Props) {
  const flows = flowsOf(moves, shards);
  return (
    <TableScroll label="What would move">
      <table class="table plan-preview" data-moves={moves.length}>
        <caption class="visually-hidden">What would move</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col" class="number">
              Shards
            </th>
            <th scope="col" class="number">
              Cameras
            </th>
            <th scope="col">Because</th>
          </tr>
        </thead>
        <tbody>
          {flows.map((flow) => (
            <tr key={`${flow.from} ${flow.to} ${flow.why}`} data-from={flow.from ?? ''} data-to={flow.to}>
              <td>{flow.from === null ? NOTHING : <NodeName node={flow.from} mark={marks.of(flow.from)} />}</td>
              <td>
                <NodeName node={flow.to} mark={marks.of(flow.to)} />
              </td>
              <td class="number" title={shardNumbers(flow.shards)} data-shards={flow.shards.join(' ')}>
                {flow.shards.length}
              </td>
              <td class="number">{flow.cameras ?? '?'}</td>
              <td>{WHY[flow.why] ?? flow.why}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}
