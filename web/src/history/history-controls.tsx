import { TypedField } from '../layout/typed-field.tsx';
import { useLive } from '../live/live.ts';
import type { QueryChange } from '../state/router.ts';
import { useStore } from '../state/use-store.ts';
import { HistoryRange } from './history-range.tsx';
import type { HistoryView } from './history-view.ts';
import {
  FILTER_NAMES,
  FILTER_VALUES,
  isMeasure,
  LISTING_FILTERS,
  METRICS,
  RESOURCE_NAMES,
  RESOURCES,
  type ResourceName,
} from './resources.ts';

interface Props {
  readonly view: HistoryView;
  readonly onChange: (change: QueryChange) => void;
}

/** Cameras offered while a name is typed. */
const OFFERED_MAX = 200;

/** What is asked, of when, of whom, and what rows are told apart by. */
export function HistoryControls({ view, onChange }: Props) {
  const { resource, metric, filters, by } = view;
  const { cameras } = useLive();
  const entries = useStore(cameras.entries);
  const names = (metric?.filters ?? (isMeasure(resource) ? [] : LISTING_FILTERS[resource])).filter(
    // A place is a line or a zone: the API takes one of the three names, and links may have any.
    (name) => resource !== 'speeds' || (name !== 'line' && name !== 'zone') || filters[name] !== undefined,
  );
  const toggle = (group: string, on: boolean): void => {
    const next = on ? [...by, group] : by.filter((each) => each !== group);
    onChange({ by: next.length === 0 ? ',' : next.join(',') });
  };
  return (
    <form class="history-controls" aria-label="What to ask the history" onSubmit={(event) => event.preventDefault()}>
      <div class="filters">
        <fieldset class="segments history-resources">
          <legend class="visually-hidden">What</legend>
          {RESOURCES.map((name) => (
            <label key={name} class={name === resource ? 'segment is-chosen' : 'segment'}>
              <input
                type="radio"
                name="resource"
                checked={name === resource}
                onChange={() => onChange(changeTo(name, view))}
              />
              {RESOURCE_NAMES[name]}
            </label>
          ))}
        </fieldset>
        {isMeasure(resource) && METRICS[resource].length > 1 && (
          <select
            class="field is-small"
            aria-label="Figure asked for"
            value={metric?.metric}
            onChange={(event) => onChange({ ...NO_GROUPS, metric: event.currentTarget.value })}
          >
            {METRICS[resource].map((spec) => (
              <option key={spec.metric} value={spec.metric}>
                {spec.name}
              </option>
            ))}
          </select>
        )}
      </div>
      <HistoryRange view={view} onChange={onChange} />
      <div class="filters">
        <TypedField
          label="Camera, or a pattern: north-*"
          value={filters.camera}
          list="history-cameras"
          onValue={(camera) => onChange({ camera })}
        />
        <datalist id="history-cameras">
          {entries.slice(0, OFFERED_MAX).map(({ camera }) => (
            <option key={camera} value={camera} />
          ))}
        </datalist>
        {names.map((name) => (
          <Filter
            key={`${resource}.${name}`}
            name={name}
            value={filters[name]}
            values={FILTER_VALUES[`${resource}.${name}`]}
            onValue={(value) => onChange({ [name]: value })}
          />
        ))}
        {metric !== undefined && (
          <fieldset class="groups" disabled={view.compare}>
            <legend>By</legend>
            {['camera', ...metric.groups].map((group) => (
              <label key={group} class="check">
                <input
                  type="checkbox"
                  checked={by.includes(group)}
                  onChange={(event) => toggle(group, event.currentTarget.checked)}
                />
                {group === 'label' ? 'class' : group === 'place' ? 'line or zone' : group}
              </label>
            ))}
          </fieldset>
        )}
      </div>
    </form>
  );
}

function Filter(props: {
  readonly name: string;
  readonly value: string | undefined;
  readonly values: readonly string[] | undefined;
  readonly onValue: (value: string) => void;
}) {
  const { name, value, values, onValue } = props;
  const label = FILTER_NAMES[name] ?? name;
  if (values === undefined) return <TypedField label={label} value={value} onValue={onValue} />;
  return (
    <select
      class="field is-small"
      aria-label={label}
      value={value ?? ''}
      onChange={(event) => onValue(event.currentTarget.value)}
    >
      <option value="">{`Any ${label.toLowerCase()}`}</option>
      {values.map((each) => (
        <option key={each} value={each}>
          {each.replaceAll('_', ' ')}
        </option>
      ))}
      {value !== undefined && !values.includes(value) && <option value={value}>{value}</option>}
    </select>
  );
}

const NO_GROUPS: QueryChange = { by: undefined, figure: undefined };

/** Another resource: what it does not have goes, range and camera stay. */
function changeTo(resource: ResourceName, { filters }: HistoryView): QueryChange {
  const gone = Object.keys(filters).filter((name) => name !== 'camera');
  return {
    ...Object.fromEntries(gone.map((name) => [name, undefined])),
    ...NO_GROUPS,
    metric: undefined,
    compare: undefined,
    resource,
  };
}
