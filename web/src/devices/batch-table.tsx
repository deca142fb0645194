import type { Device } from '../api/answers.gen.ts';
import { formatCount, formatRate, formatShare, NOTHING } from '../format/numbers.ts';
import { TableScroll } from '../layout/table-scroll.tsx';
import { costLine, fpsOf } from './device-figures.ts';

interface Props {
  readonly device: Device;
  /** Batches by size while this page was open. */
  readonly lately: ReadonlyMap<number, number>;
}

/** Batches by size: how many ran, what one costs, what that makes in frames per second. */
export function BatchTable({ device, lately }: Props) {
  const { buckets, batchMax } = device;
  const sum = [...lately.values()].reduce((all, n) => all + n, 0);
  const line = costLine(buckets);
  const most = Math.max(1, ...lately.values());
  return (
    <section class="batches">
      <h4>Batches</h4>
      {buckets.length === 0 ? (
        <p class="note">Known once it has been warmed.</p>
      ) : (
        <TableScroll label={`Batches of ${device.device} by the frames in them`}>
          <table class="table">
            <caption class="visually-hidden">Batches of {device.device} by the frames in them</caption>
            <thead>
              <tr>
                <th scope="col" class="number">
                  Frames
                </th>
                <th scope="col" title="Of the batches of the last five minutes at most, while this page was open">
                  Lately
                </th>
                <th scope="col" class="number" title="Since the process began">
                  Ran
                </th>
                <th scope="col" class="number" title="Run time expected of one, learned from those that ran">
                  ms
                </th>
                <th scope="col" class="number" title="Frames per second, were the device never idle">
                  fps
                </th>
              </tr>
            </thead>
            <tbody>
              {buckets.map(({ frames, batches, expectedMs }) => {
                const n = lately.get(frames) ?? 0;
                const fps = fpsOf(frames, expectedMs);
                return (
                  <tr
                    key={frames}
                    data-bucket={frames}
                    data-batches={batches}
                    class={frames > batchMax ? 'is-reason' : ''}
                  >
                    <th
                      scope="row"
                      class="number"
                      title={frames > batchMax ? 'Not allowed now: it would not fit' : undefined}
                    >
                      {frames}
                    </th>
                    <td>
                      <div class="bucket-share">
                        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                          <rect class="load-used" width={(n / most) * 100} height="8" />
                        </svg>
                        <span>{sum === 0 ? NOTHING : formatShare(n / sum)}</span>
                      </div>
                    </td>
                    <td class="number">{formatCount(batches)}</td>
                    <td class="number">{expectedMs === null ? NOTHING : expectedMs.toFixed(1)}</td>
                    <td class="number">{fps === null ? NOTHING : formatRate(fps)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </TableScroll>
      )}
      <p class="note" title="Least squares through what each size is expected to take">
        {line === undefined
          ? 'No line fits yet what sizes were measured to take.'
          : `A batch of b frames takes about ${line.aMs.toFixed(1)} + ${line.kMs.toFixed(2)} · b ms at ${device.inputSize} px.`}
      </p>
    </section>
  );
}
