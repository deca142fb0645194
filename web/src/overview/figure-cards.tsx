import type { ComponentChildren } from 'preact';
import { TimeChart } from '../chart/time-chart.tsx';
import { formatCount, formatMs, formatRate, formatShare, NOTHING } from '../format/numbers.ts';
import { useLive } from '../live/live.ts';
import { recentShedShare } from '../live/stats-history.ts';
import { useStore } from '../state/use-store.ts';

const HEIGHT_PX = 132;
const percent = (share: number | null): number | null => (share === null ? null : share * 100);

/** Streams, frames, latency and shedding of all nodes, each with its course since the page was opened. */
export function FigureCards() {
  const live = useLive();
  const history = useStore(live.stats);
  const course = useStore(live.course);
  const now = history.at(-1);
  const timesMs = course.map(({ atMs }) => atMs);
  return (
    <div class="figure-cards">
      <FigureCard
        name="Streams"
        hint="Connections of cameras that are open, of cameras the nodes know"
        figures={
          <>
            <Figure stat="connections" unit="connected" colour="accent">
              {now === undefined ? NOTHING : formatCount(now.connections)}
            </Figure>
            <Figure stat="cameras" unit="known" colour="second">
              {now === undefined ? NOTHING : formatCount(now.cameras)}
            </Figure>
          </>
        }
      >
        <TimeChart
          label="Streams connected and cameras known over the last minutes"
          heightPx={HEIGHT_PX}
          compact
          timesMs={timesMs}
          syncKey="overview"
          series={[
            { name: 'known', colour: '--in-flight', values: course.map((p) => p.cameras) },
            { name: 'connected', colour: '--accent', values: course.map((p) => p.connections) },
          ]}
        />
      </FigureCard>
      <FigureCard
        name="Frames"
        hint="Pictures received and results sent per second"
        figures={
          <>
            <Figure stat="fps-in" unit="fps in" colour="second">
              {now === undefined ? NOTHING : formatRate(now.fpsIn)}
            </Figure>
            <Figure stat="fps-out" unit="fps out" colour="accent">
              {now === undefined ? NOTHING : formatRate(now.fpsOut)}
            </Figure>
          </>
        }
      >
        <TimeChart
          label="Frames per second in and out over the last minutes"
          heightPx={HEIGHT_PX}
          compact
          unit="fps"
          timesMs={timesMs}
          syncKey="overview"
          series={[
            { name: 'in', colour: '--in-flight', values: course.map((p) => p.fpsIn) },
            { name: 'out', colour: '--accent', values: course.map((p) => p.fpsOut) },
          ]}
        />
      </FigureCard>
      <FigureCard
        name="Latency"
        hint="From a picture’s arrival to its result: 99 of 100, and half of them, take no longer. Of several nodes the slowest one’s."
        figures={
          <>
            <Figure stat="p99" unit="ms p99" colour="accent">
              {formatMs(now?.latencyMs?.p99 ?? null)}
            </Figure>
            <Figure stat="p50" unit="ms p50" colour="second">
              {formatMs(now?.latencyMs?.p50 ?? null)}
            </Figure>
          </>
        }
      >
        <TimeChart
          label="Latency, 99th and 50th percentile, over the last minutes"
          heightPx={HEIGHT_PX}
          compact
          unit="ms"
          timesMs={timesMs}
          syncKey="overview"
          series={[
            { name: 'p50', colour: '--in-flight', values: course.map((p) => p.p50) },
            { name: 'p99', colour: '--accent', values: course.map((p) => p.p99) },
          ]}
        />
      </FigureCard>
      <FigureCard
        name="Shed"
        hint="Share of the frames of the last 10 s that were dropped for load"
        figures={<Figure stat="shed">{formatShare(recentShedShare(history))}</Figure>}
      >
        <TimeChart
          label="Share of frames shed over the last minutes"
          heightPx={HEIGHT_PX}
          compact
          unit="%"
          timesMs={timesMs}
          syncKey="overview"
          series={[{ name: 'shed', colour: '--shed', values: course.map((p) => percent(p.shedShare)) }]}
        />
      </FigureCard>
    </div>
  );
}

interface CardProps {
  readonly name: string;
  readonly hint: string;
  readonly figures: ComponentChildren;
  readonly children: ComponentChildren;
}

function FigureCard({ name, hint, figures, children }: CardProps) {
  return (
    <section class="card figure-card" title={hint}>
      <h3>{name}</h3>
      <p class="figure-line">{figures}</p>
      {children}
    </section>
  );
}

interface FigureProps {
  readonly stat: string;
  readonly unit?: string;
  /** Of its line in the chart. */
  readonly colour?: 'accent' | 'second';
  readonly children: ComponentChildren;
}

const Figure = ({ stat, unit, colour, children }: FigureProps) => (
  <span class="figure-value">
    {colour !== undefined && <i class={`figure-key is-${colour}`} />}
    <span data-stat={stat}>{children}</span>
    {unit !== undefined && <span class="unit"> {unit}</span>}
  </span>
);
