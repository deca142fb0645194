import { useEffect, useMemo } from 'preact/hooks';
import { Loadable } from '../layout/loadable.tsx';
import { useLive } from '../live/live.ts';
import { recentShedShare } from '../live/stats-history.ts';
import { useOpenAlerts } from '../live/use-open-alerts.ts';
import { useStore } from '../state/use-store.ts';
import { EmptyWall } from '../wall/empty-wall.tsx';
import { AlertsCard } from './alerts-card.tsx';
import { ClusterLedger } from './cluster-ledger.tsx';
import { FigureCards } from './figure-cards.tsx';
import { NodeLines } from './node-lines.tsx';
import { ProblemList } from './problem-list.tsx';
import { problemsOf } from './problems.ts';
import { RungTable } from './rung-table.tsx';
import { useOverview } from './use-overview.ts';

/** What an operator looks at first: what needs somebody, how all is going, and where to look further. */
export function OverviewPage() {
  const { cameras, stats } = useLive();
  const entries = useStore(cameras.entries);
  const known = useStore(cameras.known);
  const history = useStore(stats);
  const overview = useOverview();
  const open = useOpenAlerts();
  useEffect(() => window.scrollTo(0, 0), []);

  const answers = overview.value;
  const alerts = open.value?.alerts;
  const problems = useMemo(
    () =>
      problemsOf({
        cameras: entries,
        nodes: answers?.nodes,
        cluster: answers?.cluster,
        overloads: answers?.overloads ?? [],
        deliveries: answers?.deliveries ?? [],
        alerts: alerts ?? [],
        ledgers: history.map(({ ledger }) => ledger),
        shedShare: recentShedShare(history),
      }),
    [entries, answers, alerts, history],
  );
  return (
    <section class="overview" aria-label="Overview">
      <h2 class="visually-hidden">Overview</h2>
      <ProblemList problems={problems} asked={answers !== undefined && known} />
      {known && entries.length === 0 && <EmptyWall />}
      <FigureCards />
      <div class="overview-columns">
        <AlertsCard resource={open} />
        <ClusterLedger history={history} />
      </div>
      <Loadable resource={overview} what="the nodes">
        {(value) => (
          <>
            <RungTable overloads={value.overloads} />
            <NodeLines nodes={value.nodes} />
          </>
        )}
      </Loadable>
    </section>
  );
}
