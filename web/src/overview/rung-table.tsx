import type { Overload } from '../api/answers.gen.ts';
import { formatFullMoment } from '../format/moments.ts';
import { formatDuration, formatRate, formatShare } from '../format/numbers.ts';
import { TableScroll } from '../layout/table-scroll.tsx';
import { useNow } from '../state/use-now.ts';
import { rungName } from './rung-name.ts';

/** Where each node stands on its degradation ladder, and why. */
export function RungTable({ overloads }: { readonly overloads: readonly Overload[] }) {
  const nowMs = useNow(5_000);
  if (overloads.length === 0) return null;
  return (
    <section class="card">
      <h3>Load and degradation</h3>
      <TableScroll label="Load and degradation">
        <table class="table overview-rungs">
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">Rung</th>
              <th
                scope="col"
                class="number"
                title="What cameras send, of what the ready devices sustain at this input size"
              >
                Received of capacity
              </th>
              <th
                scope="col"
                class="number"
                title="Of the frames that cameras may expect to have analysed, the share that is"
              >
                Satisfied
              </th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {overloads.map((status) => (
              <tr key={status.node} data-rung-of={status.node}>
                <th scope="row">{status.node}</th>
                <td>
                  <span class={status.rung === 0 ? 'chip is-good' : 'chip is-warn'} data-rung={status.rung}>
                    {status.rung} of {status.rungs.length - 1}
                  </span>{' '}
                  {rungName(status)}{' '}
                  <span class="quiet" title={formatFullMoment(status.sinceAt)}>
                    for {formatDuration(Math.max(0, nowMs - status.sinceAt))}
                  </span>
                </td>
                <td class="number">
                  {formatRate(status.load.receivedFps)} / {formatRate(status.load.capacityFps)} fps
                </td>
                <td class="number">{formatShare(status.load.satisfaction)}</td>
                <td class="why">{status.why}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </section>
  );
}
