import type { Device } from '../api/answers.gen.ts';
import { formatShare } from '../format/numbers.ts';
import { formatBytes, memoryMeaning, memoryShares } from './device-figures.ts';

/** A device's memory: what is used, by whom, what the plan comes to and where it must stay under. */
export function MemoryBar({ device }: { readonly device: Device }) {
  const { memory, kind } = device;
  if (memory === null) {
    return (
      <section class="memory" data-memory="unknown">
        <h4>Memory</h4>
        <p class="note">
          It cannot be read here, so nothing is planned: batches are tried, and made smaller where they do not fit.
        </p>
      </section>
    );
  }
  const { own, others, peak, limit } = memoryShares(memory);
  const used = own + others;
  const level = used > limit ? ' is-over' : used > limit * 0.9 ? ' is-high' : '';
  const { totalBytes, usedBytes, ownBytes, plannedPeakBytes, limitBytes } = memory;
  return (
    <section class="memory" data-memory={usedBytes} title={memoryMeaning(kind)}>
      <h4>
        Memory{' '}
        <span class="quiet">
          {formatBytes(usedBytes)} of {formatBytes(totalBytes)}
        </span>
      </h4>
      <svg class="memory-bar" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
        <rect class="load-room" y="2" width="100" height="10" />
        <rect class="memory-others" y="2" width={others * 100} height="10" />
        <rect class={`load-used${level}`} x={others * 100} y="2" width={own * 100} height="10" />
        {peak !== null && <path class="memory-peak" d={`M${peak * 100} 0V14`} />}
        <path class="memory-limit" d={`M${limit * 100} 0V14`} />
      </svg>
      <dl class="memory-facts">
        {ownBytes !== null && (
          <>
            <dt>
              <span class="swatch memory-own-swatch" aria-hidden="true" />
              This node
            </dt>
            <dd>{formatBytes(Math.min(ownBytes, usedBytes))}</dd>
            <dt>
              <span class="swatch memory-others-swatch" aria-hidden="true" />
              Others
            </dt>
            <dd>{formatBytes(Math.max(0, usedBytes - ownBytes))}</dd>
          </>
        )}
        <dt title="Use by everybody when the largest batch that is allowed runs">
          <span class="swatch memory-peak-swatch" aria-hidden="true" />
          Planned peak
        </dt>
        <dd>{plannedPeakBytes === null ? 'not known yet' : formatBytes(plannedPeakBytes)}</dd>
        <dt title="The plan stays under this: memory.shareMax of the total, less what is reserved">
          <span class="swatch memory-limit-swatch" aria-hidden="true" />
          Limit
        </dt>
        <dd>
          {formatBytes(limitBytes)} <span class="quiet">{formatShare(limit)}</span>
        </dd>
      </dl>
      <p class="note">{memoryMeaning(kind)}</p>
    </section>
  );
}
