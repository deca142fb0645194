import { useState } from 'preact/hooks';
import { formatCount } from '../format/numbers.ts';
import { useLive } from '../live/live.ts';
import { useStore } from '../state/use-store.ts';
import { CameraTile } from './camera-tile.tsx';
import { EmptyWall } from './empty-wall.tsx';
import { matchesWall, type WallFilter } from './wall-filter.ts';
import { WallToolbar } from './wall-toolbar.tsx';

const SHOW_ALL: WallFilter = { text: '', state: 'all' };

/** All cameras of the node, each with its live picture. */
export function Wall() {
  const live = useLive();
  const entries = useStore(live.cameras.entries);
  const known = useStore(live.cameras.known);
  const history = useStore(live.stats);
  const [filter, setFilter] = useState(SHOW_ALL);

  if (!known) return <p class="page-note">Asking the node for its cameras …</p>;
  if (entries.length === 0) return <EmptyWall />;
  const shown = entries.filter((entry) => matchesWall(entry, filter));
  const total = Math.max(history.at(-1)?.cameras ?? 0, entries.length);
  return (
    <section aria-label="Cameras">
      <WallToolbar entries={entries} filter={filter} onFilter={setFilter} />
      {total > entries.length && (
        <p class="page-note">
          The first {formatCount(entries.length)} of {formatCount(total)} cameras.
        </p>
      )}
      {shown.length === 0 && <p class="page-note">No camera matches.</p>}
      <ul class={`wall ${density(shown.length)}`}>
        {shown.map((entry) => (
          <CameraTile key={entry.camera} {...entry} />
        ))}
      </ul>
    </section>
  );
}

// A few cameras get the room they leave; four make a square or a row, never three and one.
function density(cameras: number): string {
  if (cameras <= 2) return 'is-pair';
  if (cameras === 4) return 'is-four';
  return cameras <= 6 ? 'is-few' : '';
}
