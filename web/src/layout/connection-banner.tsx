import { useLive } from '../live/live.ts';
import type { LiveStatus } from '../live/live-connection.ts';
import { useNow } from '../state/use-now.ts';
import { useStore } from '../state/use-store.ts';

/** Says what is wrong while the page does not show the present; nothing while all is well. */
export function ConnectionBanner() {
  const { connection, fault } = useLive();
  const status = useStore(connection.status);
  const complaint = useStore(fault);
  if (status.kind === 'waiting' || (status.kind === 'connecting' && status.attempt > 0)) {
    return (
      <div class="banner is-bad" role="alert">
        <p>
          <b>{status.kind === 'waiting' ? sentence(status.reason) : 'Not connected.'}</b> Figures and pictures below are
          the last ones received. <RetryCountdown status={status} />
        </p>
        <button type="button" class="button is-small" onClick={() => connection.connect()}>
          Try now
        </button>
      </div>
    );
  }
  if (complaint === undefined) return null;
  return (
    <div class="banner is-warn" role="alert">
      <p>
        <b>The node says:</b> {complaint.message} <code>{complaint.code}</code>
      </p>
      <button type="button" class="button is-small" onClick={() => fault.set(undefined)}>
        Dismiss
      </button>
    </div>
  );
}

function RetryCountdown({ status }: { readonly status: LiveStatus }) {
  const nowMs = useNow(500);
  if (status.kind !== 'waiting') return <span>Reconnecting …</span>;
  const seconds = Math.max(0, Math.ceil((status.retryAtMs - nowMs) / 1_000));
  return (
    <span>
      Reconnecting {seconds === 0 ? 'now' : `in ${seconds} s`}, attempt {status.attempt}.
    </span>
  );
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
