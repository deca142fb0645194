import { type Refusal, refusalCode, refusalText } from '../api/answer.ts';
import { EmptyState } from '../layout/empty-state.tsx';

/** Why the history gave no answer, and what to do about it. */
export function HistoryRefusal({ refusal, onRetry }: { readonly refusal: Refusal; readonly onRetry: () => void }) {
  const code = refusalCode(refusal);
  if (code === 'history_disabled') {
    return (
      <EmptyState title="This node keeps no history">
        <p class="quiet">
          It was switched off. With it the node keeps counts, speeds, events and alerts in a database of its own, or in
          your PostgreSQL. Switch it on in the node's configuration and start the node again:
        </p>
        <p>
          <code>history: {'{ enabled: true }'}</code> or <code>CAMSHARD_HISTORY__ENABLED=true</code>
        </p>
      </EmptyState>
    );
  }
  return (
    <div class="refusal" role="alert">
      <p>
        <b>No answer from the history:</b> {adviceOf(code) ?? refusalText(refusal)} <code>{code}</code>
      </p>
      <button type="button" class="button is-small" onClick={onRetry}>
        Ask again
      </button>
    </div>
  );
}

function adviceOf(code: string): string | undefined {
  switch (code) {
    case 'history_timeout':
      return 'the question takes the database too long. Choose a shorter range, longer intervals, or fewer cameras.';
    case 'history_busy':
      return 'the database is busy with other questions. It is worth asking again in a moment.';
    default:
      return undefined;
  }
}
