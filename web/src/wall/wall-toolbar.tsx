import { formatCount } from '../format/numbers.ts';
import type { CameraEntry } from '../live/camera-book.ts';
import type { WallFilter } from './wall-filter.ts';

interface Props {
  readonly entries: readonly CameraEntry[];
  readonly filter: WallFilter;
  readonly onFilter: (filter: WallFilter) => void;
}

const STATES = ['all', 'connected', 'offline'] as const;
const NAMES = { all: 'All', connected: 'Connected', offline: 'Offline' } as const;

/** Narrows the wall by name and by connection. */
export function WallToolbar({ entries, filter, onFilter }: Props) {
  const connected = entries.filter((entry) => entry.connected).length;
  const counts = { all: entries.length, connected, offline: entries.length - connected };
  return (
    <div class="toolbar">
      <h2>Cameras</h2>
      <fieldset class="segments">
        <legend class="visually-hidden">Show</legend>
        {STATES.map((state) => (
          <label key={state} class={filter.state === state ? 'segment is-chosen' : 'segment'}>
            <input
              type="radio"
              name="wall-state"
              checked={filter.state === state}
              onChange={() => onFilter({ ...filter, state })}
            />
            {NAMES[state]} <span class="segment-count">{formatCount(counts[state])}</span>
          </label>
        ))}
      </fieldset>
      <input
        class="field filter"
        type="search"
        placeholder="Filter by name"
        aria-label="Filter cameras by name"
        value={filter.text}
        onInput={(event) => onFilter({ ...filter, text: event.currentTarget.value })}
      />
    </div>
  );
}
