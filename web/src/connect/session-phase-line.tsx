import { useNow } from '../state/use-now.ts';
import type { SessionPhase } from './session-state.ts';

/** What the session is doing, in a sentence. */
export function SessionPhaseLine({ phase }: { readonly phase: SessionPhase }) {
  const nowMs = useNow(500);
  switch (phase.kind) {
    case 'connecting':
      return (
        <p role="status">
          <span class="dot is-warn" /> Connecting …
        </p>
      );
    case 'sending':
      return (
        <p role="status">
          <span class="dot is-rec" /> Sending
        </p>
      );
    case 'waiting':
      return (
        <p role="status">
          <span class="dot is-bad" /> Interrupted: {phase.reason}. Trying again in{' '}
          {Math.max(0, Math.ceil((phase.retryAtMs - nowMs) / 1_000))} s.
        </p>
      );
    case 'ended':
      return <p role="status">Ended.</p>;
  }
}
