import type { Alert } from '../api/answers.gen.ts';
import { formatAgo, formatFullMoment, formatMoment } from '../format/moments.ts';
import { formatDuration } from '../format/numbers.ts';
import { useNow } from '../state/use-now.ts';
import { SeverityMark } from './severity.tsx';

interface Props {
  readonly rows: readonly Alert[];
  /** The one that is shown large. */
  readonly opened: string | undefined;
  readonly chosen: ReadonlySet<string>;
  readonly hrefOf: (id: string) => string;
  readonly onChoose: (id: string, isChosen: boolean) => void;
  readonly onAcknowledge: (id: string) => void;
}

/** The alerts as a list; each is a link to itself. */
export function AlertRows({ rows, opened, chosen, hrefOf, onChoose, onAcknowledge }: Props) {
  const nowMs = useNow(10_000);
  return (
    <ul class="alert-rows">
      {rows.map((alert) => {
        const { id, severity, state, title, message, camera, rule, openedAtMs, atMs, acknowledged } = alert;
        const isOpen = state === 'opened';
        return (
          <li
            key={id}
            data-alert={id}
            data-state={state}
            class={`alert-row is-${severity}${id === opened ? ' is-opened' : ''}${isOpen ? '' : ' is-closed'}`}
          >
            <input
              type="checkbox"
              aria-label={`Select ${title}, ${camera}`}
              checked={chosen.has(id)}
              disabled={acknowledged !== null}
              onChange={(event) => onChoose(id, event.currentTarget.checked)}
            />
            <a class="alert-link" href={hrefOf(id)} aria-current={id === opened ? 'true' : undefined}>
              <SeverityMark severity={severity} />
              <span class="alert-text">
                <b class="alert-title">{title}</b>
                <span class="alert-message">{message}</span>
                <span class="alert-where">
                  {camera} · {rule}
                </span>
              </span>
              <span class="alert-when">
                <time dateTime={new Date(openedAtMs).toISOString()} title={formatFullMoment(openedAtMs)}>
                  {formatMoment(openedAtMs, nowMs)}
                </time>
                {isOpen ? (
                  <span class="chip is-warn" title={`Opened ${formatFullMoment(openedAtMs)}`}>
                    open {formatDuration(Math.max(0, nowMs - openedAtMs))}
                  </span>
                ) : (
                  <span class="chip" title={`Closed ${formatFullMoment(atMs)}, ${formatAgo(atMs, nowMs)}`}>
                    closed after {formatDuration(Math.max(0, atMs - openedAtMs))}
                  </span>
                )}
              </span>
            </a>
            <span class="alert-ack">
              {acknowledged === null ? (
                <button
                  type="button"
                  class="button is-small"
                  aria-label={`Acknowledge ${title}, ${camera}`}
                  onClick={() => onAcknowledge(id)}
                >
                  Acknowledge
                </button>
              ) : (
                <span class="quiet" title={`Acknowledged ${formatFullMoment(acknowledged.atMs)}`}>
                  ✓ {acknowledged.who}
                </span>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
