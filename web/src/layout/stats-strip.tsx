import type { ComponentChildren } from 'preact';
import { formatCount, formatDuration, formatMs, formatRate, formatShare, NOTHING } from '../format/numbers.ts';
import { useLive } from '../live/live.ts';
import { recentShedShare } from '../live/stats-history.ts';
import { useStore } from '../state/use-store.ts';
import { Sparkline } from './sparkline.tsx';

/** The node's figures, renewed each second. Those of the last connection stay, faded, while there is none. */
export function StatsStrip() {
  const { stats, connection } = useLive();
  const history = useStore(stats);
  const status = useStore(connection.status);
  const now = history.at(-1);
  const latency = now?.latencyMs ?? null;
  return (
    <section class={status.kind === 'open' ? 'stats' : 'stats is-stale'} aria-label="Node">
      <Figure name="Streams" hint="Cameras the node knows" stat="cameras">
        {now === undefined ? NOTHING : formatCount(now.cameras)}
      </Figure>
      <Figure
        name="Frames in"
        unit="fps"
        hint="Pictures received per second"
        stat="fps-in"
        course={history.map((s) => s.fpsIn)}
      >
        {now === undefined ? NOTHING : formatRate(now.fpsIn)}
      </Figure>
      <Figure
        name="Results out"
        unit="fps"
        hint="Results per second"
        stat="fps-out"
        course={history.map((s) => s.fpsOut)}
      >
        {now === undefined ? NOTHING : formatRate(now.fpsOut)}
      </Figure>
      <Figure
        name="Latency p50"
        unit="ms"
        hint="Half of the results come within this time of their picture's arrival"
        stat="p50"
      >
        {formatMs(latency?.p50 ?? null)}
      </Figure>
      <Figure
        name="Latency p99"
        unit="ms"
        hint="99 of 100 results come within this time of their picture's arrival"
        stat="p99"
        course={history.map((s) => s.latencyMs?.p99 ?? 0)}
      >
        {formatMs(latency?.p99 ?? null)}
      </Figure>
      <Figure name="Shed" hint="Share of the frames of the last 10 s dropped for load" stat="shed">
        {formatShare(recentShedShare(history))}
      </Figure>
      {now !== undefined && (
        <div class="node">
          <p>
            {now.node} <span class="quiet">up {formatDuration(now.uptimeMs)}</span>
          </p>
          {now.devices.map((device) => (
            <p key={device.device} title={`${device.model}, ${device.pending} frames pending`}>
              <span
                class={
                  device.state === 'ready' ? 'dot is-good' : device.state === 'starting' ? 'dot is-warn' : 'dot is-bad'
                }
              />
              {device.device} <span class="quiet">{device.state === 'ready' ? deviceLoad(device) : device.state}</span>
            </p>
          ))}
        </div>
      )}
    </section>
  );
}

const deviceLoad = (d: { inputSize: number; batchSize: number; computeMs: number }): string =>
  `${d.inputSize} px · ${formatMs(d.computeMs)} ms per batch of ${d.batchSize.toFixed(1)}`;

interface FigureProps {
  readonly name: string;
  readonly hint: string;
  readonly stat: string;
  readonly unit?: string;
  readonly course?: readonly number[];
  readonly children: ComponentChildren;
}

function Figure({ name, hint, stat, unit, course, children }: FigureProps) {
  return (
    <div class="figure" title={hint}>
      <p class="figure-name">{name}</p>
      <p class="figure-value" data-stat={stat}>
        {children}
        {unit !== undefined && <span class="unit"> {unit}</span>}
      </p>
      {course !== undefined && <Sparkline values={course} />}
    </div>
  );
}
