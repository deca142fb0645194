import type { LiveStatus } from '../live/live-connection.ts';

const SHOWN = {
  open: ['dot is-good', 'Live'],
  connecting: ['dot is-warn', 'Connecting'],
  waiting: ['dot is-bad', 'Reconnecting'],
  unauthorized: ['dot is-warn', 'Locked'],
  stopped: ['dot', 'Stopped'],
} as const satisfies Record<LiveStatus['kind'], readonly [string, string]>;

/** One word and a dot: is what the page shows the present? */
export function ConnectionState({ status }: { readonly status: LiveStatus }) {
  const [dot, word] = SHOWN[status.kind];
  return (
    <p class="connection" role="status" data-status={status.kind}>
      <span class={dot} />
      {word}
    </p>
  );
}
