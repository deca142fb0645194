import { momentMs } from '../format/moment-text.ts';
import { browserZone } from '../format/moments.ts';
import type { QueryChange } from '../state/router.ts';
import { useNow } from '../state/use-now.ts';
import { type HistoryView, INTERVALS, RANGES, viewInterval } from './history-view.ts';

interface Props {
  readonly view: HistoryView;
  readonly onChange: (change: QueryChange) => void;
}

/** Of when: back from now, or from one moment to another; and how it is cut. */
export function HistoryRange({ view, onChange }: Props) {
  const nowMs = useNow(60_000);
  const { from, to, metric, compare, interval, timeZone } = view;
  const fromMs = momentMs(from, nowMs) ?? nowMs;
  const toMs = to === undefined ? nowMs : (momentMs(to, nowMs) ?? nowMs);
  const own = to !== undefined || RANGES.every(([range]) => range !== from);
  const zone = browserZone();
  const set = (wantedFromMs: number, wantedToMs: number): void => {
    if (wantedToMs <= wantedFromMs) return;
    onChange({ range: undefined, from: iso(wantedFromMs), to: iso(wantedToMs) });
  };
  return (
    <div class="filters">
      <fieldset class="segments">
        <legend class="visually-hidden">Range</legend>
        {RANGES.map(([range, name]) => (
          <label key={range} class={!own && range === from ? 'segment is-chosen' : 'segment'}>
            <input
              type="radio"
              name="range"
              checked={!own && range === from}
              onChange={() => onChange({ range, from: undefined, to: undefined })}
            />
            {name}
          </label>
        ))}
        <label class={own ? 'segment is-chosen' : 'segment'}>
          <input type="radio" name="range" checked={own} onChange={() => set(fromMs, toMs)} />
          From … to
        </label>
      </fieldset>
      {own && (
        <>
          <input
            class="field is-small"
            type="datetime-local"
            aria-label="From"
            value={localText(fromMs)}
            onChange={(event) => set(Date.parse(event.currentTarget.value), toMs)}
          />
          <input
            class="field is-small"
            type="datetime-local"
            aria-label="To"
            value={localText(toMs)}
            onChange={(event) => set(fromMs, Date.parse(event.currentTarget.value))}
          />
          <button
            type="button"
            class="button is-small"
            title="Twice as long, around the same middle"
            onClick={() => set(fromMs - (toMs - fromMs) / 2, Math.min(nowMs, toMs + (toMs - fromMs) / 2))}
          >
            Widen
          </button>
        </>
      )}
      {metric !== undefined && (
        <>
          <select
            class="field is-small"
            aria-label="Interval"
            value={interval}
            onChange={(event) => onChange({ interval: event.currentTarget.value })}
          >
            <option value="auto">
              {`Intervals: auto (${nameOf(viewInterval({ ...view, interval: 'auto' }, nowMs))})`}
            </option>
            {INTERVALS.map(([name, text]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </select>
          <label class="check" title="One sum each: this period, and the one of equal length before it">
            <input
              type="checkbox"
              checked={compare}
              onChange={(event) => onChange({ compare: event.currentTarget.checked ? '1' : undefined })}
            />
            Compare with the period before
          </label>
        </>
      )}
      <select
        class="field is-small"
        aria-label="Time zone of days"
        value={timeZone}
        onChange={(event) =>
          onChange({ tz: event.currentTarget.value === zone ? undefined : event.currentTarget.value })
        }
      >
        {[...new Set([zone, 'UTC', timeZone])].map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </div>
  );
}

const nameOf = (interval: string): string =>
  (INTERVALS.find(([name]) => name === interval)?.[1] ?? interval).toLowerCase();

const iso = (ms: number): string => new Date(Math.round(ms / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');

/** As an input of kind datetime-local has it, in the browser's zone. */
function localText(ms: number): string {
  const shifted = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
