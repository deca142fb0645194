import { TypedField } from '../layout/typed-field.tsx';
import { useLive } from '../live/live.ts';
import type { QueryChange } from '../state/router.ts';
import { useStore } from '../state/use-store.ts';
import { ALERT_RANGES, type AlertFilter, FILTER_KEYS, isFiltered } from './alert-filter.ts';
import { SEVERITIES_SHOWN, severityName } from './severities.ts';

interface Props {
  readonly filter: AlertFilter;
  readonly follow: boolean;
  readonly onChange: (change: QueryChange) => void;
}

const STATES = [
  [undefined, 'All'],
  ['opened', 'Open'],
  ['closed', 'Closed'],
] as const;
/** Cameras offered while a name is typed. */
const OFFERED_MAX = 200;

/** What of the alerts is shown; everything is in the address. */
export function AlertFilters({ filter, follow, onChange }: Props) {
  const { cameras } = useLive();
  const entries = useStore(cameras.entries);
  const range = filter.from ?? '';
  return (
    <form class="filters" aria-label="Filter alerts" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="segments">
        <legend class="visually-hidden">State</legend>
        {STATES.map(([state, name]) => (
          <label key={name} class={filter.state === state ? 'segment is-chosen' : 'segment'}>
            <input type="radio" name="state" checked={filter.state === state} onChange={() => onChange({ state })} />
            {name}
          </label>
        ))}
      </fieldset>
      <select
        class="field is-small"
        aria-label="Severity"
        value={filter.severity ?? ''}
        onChange={(event) => onChange({ severity: event.currentTarget.value })}
      >
        <option value="">Any severity</option>
        {SEVERITIES_SHOWN.map((severity) => (
          <option key={severity} value={severity}>
            {severityName(severity)}
          </option>
        ))}
      </select>
      <select
        class="field is-small"
        aria-label="Acknowledged"
        value={filter.acknowledged ?? ''}
        onChange={(event) => onChange({ acknowledged: event.currentTarget.value })}
      >
        <option value="">Seen or not</option>
        <option value="no">Not acknowledged</option>
        <option value="yes">Acknowledged</option>
      </select>
      <select
        class="field is-small"
        aria-label="Opened"
        value={range}
        onChange={(event) => onChange({ from: event.currentTarget.value, to: undefined })}
      >
        {ALERT_RANGES.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
        {ALERT_RANGES.every(([value]) => value !== range) && <option value={range}>As in the address</option>}
      </select>
      <TypedField
        label="Camera"
        value={filter.camera}
        list="alert-cameras"
        onValue={(camera) => onChange({ camera })}
      />
      <datalist id="alert-cameras">
        {entries.slice(0, OFFERED_MAX).map(({ camera }) => (
          <option key={camera} value={camera} />
        ))}
      </datalist>
      <TypedField label="Rule" value={filter.rule} onValue={(rule) => onChange({ rule })} />
      <TypedField label="Search text" type="search" value={filter.text} onValue={(text) => onChange({ text })} />
      <label class="check" title="Alerts that come go on top of the list at once, which moves it">
        <input
          type="checkbox"
          checked={follow}
          onChange={(event) => onChange({ follow: event.currentTarget.checked ? '1' : undefined })}
        />
        Follow
      </label>
      {isFiltered(filter) && (
        <button
          type="button"
          class="button is-small"
          onClick={() => onChange(Object.fromEntries(FILTER_KEYS.map((key) => [key, undefined])))}
        >
          Clear
        </button>
      )}
    </form>
  );
}
