import { sumCounts } from '../../../core/ledger.ts';
import { formatCount, formatMs, formatRate, NOTHING } from '../format/numbers.ts';
import { reasonName } from '../ledger/reasons.ts';
import type { PictureSource } from './picture-source.ts';
import type { SessionState } from './session-state.ts';

interface Props {
  readonly state: SessionState;
  readonly source: PictureSource;
}

/** Figures of a session: what the node asks for, what was sent, what became of it. */
export function SessionFacts({ state, source }: Props) {
  const { target } = state;
  return (
    <>
      <dl class="facts">
        <dt>Source</dt>
        <dd>{source.label}</dd>
        <dt>The node asks for</dt>
        <dd>{target === undefined ? NOTHING : `${target.width} × ${target.height}, ${formatRate(target.fps)} fps`}</dd>
        <dt>Credit</dt>
        <dd>{state.credit === 0 ? NOTHING : `${state.credit} unanswered`}</dd>
        <dt>Sent</dt>
        <dd data-fact="sent">{formatCount(state.sent)}</dd>
        <dt>Results</dt>
        <dd data-fact="results">{formatCount(state.results)}</dd>
        <dt>Shed by the node</dt>
        <dd title={shedReasons(state.shed)}>{formatCount(sumCounts(state.shed))}</dd>
        <dt>Picture to result</dt>
        <dd>{state.roundTripMs === null ? NOTHING : `${formatMs(state.roundTripMs)} ms`}</dd>
      </dl>
      {state.lastError !== undefined && (
        <p class="note is-bad" role="alert">
          {formatCount(state.errors)} refused. Last: {state.lastError}
        </p>
      )}
    </>
  );
}

const shedReasons = (shed: Readonly<Record<string, number>>): string =>
  Object.entries(shed)
    .map(([reason, n]) => `${reasonName(reason)}: ${formatCount(n)}`)
    .join(', ');
