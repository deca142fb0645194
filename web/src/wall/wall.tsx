import { useEffect, useMemo, useState } from 'preact/hooks';
import { browserClock } from '../browser-clock.ts';
import { formatCount } from '../format/numbers.ts';
import { EmptyState } from '../layout/empty-state.tsx';
import { useLive } from '../live/live.ts';
import { useAlertsByCamera } from '../live/use-open-alerts.ts';
import { useQuery } from '../state/router.ts';
import { useStore } from '../state/use-store.ts';
import { EmptyWall } from './empty-wall.tsx';
import { keepScroll } from './keep-scroll.ts';
import { VirtualWall } from './virtual-wall.tsx';
import { matchesWall, readWallFilter, type WallSort } from './wall-filter.ts';
import { sortWall } from './wall-sort.ts';
import { WallToolbar } from './wall-toolbar.tsx';

/** Tiles that change places each second could not be looked at. */
const SORTED_MS = 5_000;

/** All cameras of all nodes, each with its live picture. */
export function Wall() {
  const { cameras, stats } = useLive();
  const entries = useStore(cameras.entries);
  const known = useStore(cameras.known);
  const complete = useStore(cameras.complete);
  const told = useStore(stats).at(-1)?.cameras ?? 0;
  const alerts = useAlertsByCamera();
  const [query, change] = useQuery();
  const filter = useMemo(() => readWallFilter(query), [query]);
  const round = useSortRound(filter.sort);
  useEffect(() => keepScroll(), []);

  const shown = useMemo(() => {
    const alerting = new Set(alerts.keys());
    const matching = entries.filter((entry) => matchesWall(entry, filter, alerting));
    return sortWall(matching, filter.sort, {
      summaryOf: (camera) => cameras.summary(camera),
      alertsOf: (camera) => alerts.get(camera)?.length ?? 0,
    });
  }, [entries, alerts, filter, round]);

  if (!known) {
    return (
      <p class="page-note" role="status">
        Asking the node for its cameras …
      </p>
    );
  }
  if (entries.length === 0) return <EmptyWall />;
  return (
    <section aria-label="Cameras">
      <WallToolbar
        entries={entries}
        shown={shown.length}
        alerting={alerts.size}
        filter={filter}
        onChange={(changed) => change(changed)}
      />
      {!complete && told > entries.length && (
        <p class="page-note" role="status">
          {formatCount(entries.length)} of {formatCount(told)} cameras so far …
        </p>
      )}
      {shown.length === 0 ? (
        <EmptyState title="No camera matches">
          <p class="quiet">{formatCount(entries.length)} cameras are hidden by the filters above.</p>
          <p>
            <button
              type="button"
              class="button is-small"
              onClick={() =>
                change({ q: undefined, state: undefined, priority: undefined, node: undefined, alerts: undefined })
              }
            >
              Show all
            </button>
          </p>
        </EmptyState>
      ) : (
        <VirtualWall entries={shown} alerts={alerts} size={filter.size} />
      )}
    </section>
  );
}

/** Grows each time figures are to be sorted by anew. */
function useSortRound(sort: WallSort): number {
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (sort === 'name' || sort === 'alerts') return;
    const timer = browserClock.every(SORTED_MS, () => setRound((n) => n + 1));
    return () => timer.cancel();
  }, [sort]);
  return round;
}
