import { Field } from './fields.tsx';

interface Hours {
  readonly days?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly timeZone?: string;
}

interface Props {
  readonly value: unknown;
  readonly onValue: (value: unknown) => void;
  readonly fault: string | undefined;
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** The hours in which a rule is watched for. */
export function ScheduleEditor({ value, onValue, fault }: Props) {
  const spans: readonly Hours[] = Array.isArray(value) ? (value as Hours[]) : [];
  const set = (index: number, change: Hours): void =>
    onValue(spans.map((span, i) => (i === index ? { ...span, ...change } : span)));
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <fieldset class="setting schedule">
      <legend class="setting-name">Hours</legend>
      {spans.length === 0 && <span class="setting-hint">Always.</span>}
      {spans.map((span, i) => {
        const days = span.days ?? DAYS;
        return (
          <div key={i} class="schedule-span">
            <div class="schedule-days">
              {DAYS.map((day) => (
                <label key={day} class={days.includes(day) ? 'chip is-good' : 'chip'}>
                  <input
                    type="checkbox"
                    class="visually-hidden"
                    checked={days.includes(day)}
                    onChange={(event) => {
                      const next = event.currentTarget.checked ? [...days, day] : days.filter((d) => d !== day);
                      set(i, { days: DAYS.filter((d) => next.includes(d)) });
                    }}
                  />
                  {day}
                </label>
              ))}
            </div>
            <div class="schedule-row">
              <Field label="From">
                {(control) => (
                  <input
                    {...control}
                    class="field"
                    type="time"
                    value={span.from ?? '00:00'}
                    onInput={(event) => set(i, { from: event.currentTarget.value })}
                  />
                )}
              </Field>
              <Field label="To">
                {(control) => (
                  <input
                    {...control}
                    class="field"
                    type="time"
                    value={span.to ?? '00:00'}
                    onInput={(event) => set(i, { to: event.currentTarget.value })}
                  />
                )}
              </Field>
              <Field label="Time zone">
                {(control) => (
                  <input
                    {...control}
                    class="field"
                    value={span.timeZone ?? 'UTC'}
                    onInput={(event) => set(i, { timeZone: event.currentTarget.value })}
                  />
                )}
              </Field>
              <button
                type="button"
                class="icon-button"
                aria-label="Remove these hours"
                onClick={() => {
                  const next = spans.filter((_, k) => k !== i);
                  onValue(next.length === 0 ? undefined : next);
                }}
              >
                ×
              </button>
            </div>
          </div>
        );
      })}
      <button
        type="button"
        class="button is-small"
        onClick={() =>
          onValue([...spans, { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '06:00', to: '22:00', timeZone: here }])
        }
      >
        + Hours
      </button>
      {fault !== undefined && <span class="setting-fault">{fault}</span>}
    </fieldset>
  );
}
