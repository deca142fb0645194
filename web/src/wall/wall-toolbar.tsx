import { CAMERA_PRIORITIES } from '../../../core/protocol.ts';
import { formatCount } from '../format/numbers.ts';
import type { CameraEntry } from '../live/camera-book.ts';
import { OverlaySwitches } from '../picture/overlay-switches.tsx';
import { pageHref } from '../state/route.ts';
import type { QueryChange } from '../state/router.ts';
import { countStates, TILE_SIZES, WALL_SORTS, WALL_STATES, type WallFilter } from './wall-filter.ts';

interface Props {
  readonly entries: readonly CameraEntry[];
  readonly shown: number;
  readonly alerting: number;
  readonly filter: WallFilter;
  readonly onChange: (change: QueryChange) => void;
}

const STATE_NAMES = { all: 'All', connected: 'Connected', silent: 'Silent', offline: 'Offline' } as const;
const STATE_HINTS = {
  all: 'Every camera the nodes know',
  connected: 'Cameras with an open connection',
  silent: 'Connected, but without a picture for 15 s',
  offline: 'Cameras without a connection',
} as const;
const SORT_NAMES = {
  name: 'Name',
  alerts: 'Most alerts',
  rate: 'Most results',
  latency: 'Slowest',
  shed: 'Most shed',
} as const;
/** On a phone the second row is folded away: pictures come first there. */
const WIDE = '(min-width: 641px)';
const SIZE_NAMES = { small: 'S', medium: 'M', large: 'L' } as const;

/** Narrows the wall, orders it, and says what is drawn over its pictures. */
export function WallToolbar({ entries, shown, alerting, filter, onChange }: Props) {
  const counts = countStates(entries);
  const nodes = [...new Set(entries.map(({ node }) => node))].sort();
  return (
    <div class="wall-tools">
      <div class="toolbar">
        <h2>Cameras</h2>
        <fieldset class="segments">
          <legend class="visually-hidden">State</legend>
          {WALL_STATES.filter((state) => state !== 'silent' || counts.silent > 0 || filter.state === 'silent').map(
            (state) => (
              <label
                key={state}
                class={filter.state === state ? 'segment is-chosen' : 'segment'}
                title={STATE_HINTS[state]}
              >
                <input
                  type="radio"
                  name="wall-state"
                  checked={filter.state === state}
                  onChange={() => onChange({ state: state === 'all' ? undefined : state })}
                />
                {STATE_NAMES[state]} <span class="segment-count">{formatCount(counts[state])}</span>
              </label>
            ),
          )}
        </fieldset>
        <label class="switch" title="Only cameras with an open alert">
          <input
            type="checkbox"
            checked={filter.alerts}
            onChange={(event) => onChange({ alerts: event.currentTarget.checked ? 'open' : undefined })}
          />
          With alerts <span class="segment-count">{formatCount(alerting)}</span>
        </label>
        <input
          class="field filter"
          type="search"
          placeholder="Filter by name"
          aria-label="Filter cameras by name"
          value={filter.text}
          onInput={(event) => onChange({ q: event.currentTarget.value })}
        />
        <a class="button is-small" href={pageHref('connect')}>
          Connect a camera
        </a>
      </div>
      <details class="wall-more" open={window.matchMedia(WIDE).matches}>
        <summary>Order, size and what is drawn</summary>
        <div class="toolbar is-second">
          <Choice
            name="Priority"
            value={filter.priority}
            choices={CAMERA_PRIORITIES}
            onChange={(priority) => onChange({ priority })}
          />
          {(nodes.length > 1 || filter.node !== undefined) && (
            <Choice name="Node" value={filter.node} choices={nodes} onChange={(node) => onChange({ node })} />
          )}
          <label class="choice-label">
            Sort
            <select
              class="field"
              value={filter.sort}
              onChange={(event) =>
                onChange({ sort: event.currentTarget.value === 'name' ? undefined : event.currentTarget.value })
              }
            >
              {WALL_SORTS.map((sort) => (
                <option key={sort} value={sort}>
                  {SORT_NAMES[sort]}
                </option>
              ))}
            </select>
          </label>
          <OverlaySwitches place="wall" />
          <fieldset class="segments is-sizes">
            <legend class="visually-hidden">Size of the pictures</legend>
            {TILE_SIZES.map((size) => (
              <label
                key={size}
                class={filter.size === size ? 'segment is-chosen' : 'segment'}
                title={`${size} pictures`}
              >
                <input
                  type="radio"
                  name="wall-size"
                  checked={filter.size === size}
                  onChange={() => onChange({ size: size === 'medium' ? undefined : size })}
                  aria-label={size}
                />
                {SIZE_NAMES[size]}
              </label>
            ))}
          </fieldset>
          <p class="quiet wall-count" role="status">
            {shown === entries.length ? '' : `${formatCount(shown)} of ${formatCount(entries.length)} shown`}
          </p>
        </div>
      </details>
    </div>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly choices: readonly string[];
  readonly onChange: (value: string | undefined) => void;
}

function Choice({ name, value, choices, onChange }: ChoiceProps) {
  return (
    <label class="choice-label">
      {name}
      <select
        class="field"
        value={value ?? ''}
        onChange={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
      >
        <option value="">Any</option>
        {(value === undefined || choices.includes(value) ? choices : [...choices, value]).map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    </label>
  );
}
