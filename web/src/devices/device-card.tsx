import type { ComponentChildren } from 'preact';
import type { Device } from '../api/answers.gen.ts';
import { TimeChart } from '../chart/time-chart.tsx';
import { formatCount, formatMs, formatRate, formatShare } from '../format/numbers.ts';
import { batchesOver, type DevicePoint } from '../live/node-courses.ts';
import { BatchTable } from './batch-table.tsx';
import { MemoryBar } from './memory-bar.tsx';

interface Props {
  readonly node: string;
  readonly device: Device;
  readonly points: readonly DevicePoint[];
}

/** One device: how it is, what it did over the last minutes, its batches, its memory. */
export function DeviceCard({ node, device, points }: Props) {
  const { state, model, inputSize, batchMax, batchSize, pending, inFlightBatches, outOfMemory, renewals } = device;
  return (
    <section
      class={`card device-card${state === 'failed' ? ' is-failed' : ''}`}
      aria-label={`${device.device} of ${node}`}
      data-device={device.device}
      data-state={state}
    >
      <div class="node-card-head">
        <h3>
          {device.device} <span class="quiet">{model}</span>
        </h3>
        <p class="chips">
          <DeviceStates device={device} />
        </p>
      </div>
      <p class="device-fault">{faultText(device)}</p>
      <dl class="device-figures">
        <Figure name="Busy" hint="Share of the last seconds in which a batch ran" stat="busy">
          {formatShare(device.busyShare)}
        </Figure>
        <Figure name="Frames" hint="Frames run per second" stat="fps">
          {formatRate(device.fps)} fps
        </Figure>
        <Figure name="Batch" hint="Mean frames per batch, of the most that are allowed now" stat="batch">
          {batchSize.toFixed(1)} of {batchMax}
        </Figure>
        <Figure name="Queue" hint="Mean time a frame waited from its arrival until it was picked" stat="queue">
          {formatMs(device.queueMs)} ms
        </Figure>
        <Figure name="Compute" hint="Mean run time per batch" stat="compute">
          {device.computeMs.toFixed(1)} ms
        </Figure>
        <Figure name="Input" hint="Side of the square the model sees now" stat="input">
          {inputSize} px
        </Figure>
        <Figure name="Waiting" hint="Cameras with a frame waiting, and batches on the device" stat="pending">
          {formatCount(pending)} · {inFlightBatches} in flight
        </Figure>
        <Figure name="Out of memory" hint="Times memory ran out, since the process began" stat="oom">
          {formatCount(outOfMemory)}
        </Figure>
        <Figure name="Renewals" hint="Times its sessions were made anew to give memory back" stat="renewals">
          {formatCount(renewals)}
        </Figure>
      </dl>
      {points.length < 3 ? (
        <p class="note chart-wait">Gathering its course …</p>
      ) : (
        <TimeChart
          label={`Queue and compute time of ${device.device} of ${node} over the last minutes: now ${formatMs(device.queueMs)} and ${formatMs(device.computeMs)} ms`}
          timesMs={points.map(({ atMs }) => atMs)}
          series={[
            { name: 'Queue, per frame', colour: '--shed', values: points.map(({ queueMs }) => queueMs) },
            { name: 'Compute, per batch', colour: '--accent', values: points.map(({ computeMs }) => computeMs) },
          ]}
          unit="ms"
          heightPx={170}
          syncKey="devices"
        />
      )}
      <div class="device-parts">
        <BatchTable device={device} lately={batchesOver(points)} />
        <MemoryBar device={device} />
      </div>
    </section>
  );
}

export function DeviceStates({ device }: { readonly device: Device }) {
  const { state, breaker, kind, configuredKind, batchMax, buckets } = device;
  const chips = { ready: 'chip is-good', starting: 'chip is-warn', failed: 'chip is-bad', stopped: 'chip' } as const;
  const largest = buckets.at(-1)?.frames ?? batchMax;
  return (
    <>
      <span class={chips[state]}>{state}</span>
      {breaker !== 'closed' && (
        <span class="chip is-bad" title="Its cameras are on other devices until a probe succeeds">
          breaker {breaker === 'open' ? 'open' : 'half open'}
        </span>
      )}
      {configuredKind !== undefined && (
        <span class="chip is-warn" title="What it was configured as could not be used">
          instead of {configuredKind}
        </span>
      )}
      {batchMax < largest && (
        <span class="chip is-warn" title="Larger batches do not fit into its memory">
          batches up to {batchMax}
        </span>
      )}
      <span class="chip" title="What it runs on">
        {kind}
      </span>
    </>
  );
}

/** What is wrong and what happens about it; empty where nothing is. */
export function faultText({ device, state, breaker }: Pick<Device, 'device' | 'state' | 'breaker'>): string {
  if (breaker === 'open')
    return `${device} failed again and again. Other devices have its cameras; it is tried again within a minute.`;
  if (breaker === 'half_open') return `${device} is being tried with an empty frame.`;
  if (state === 'failed')
    return `${device} has failed and is being made anew; other devices have its cameras meanwhile.`;
  if (state === 'starting') return `${device} loads and warms its model.`;
  if (state === 'stopped') return `${device} has stopped.`;
  return '';
}

interface FigureProps {
  readonly name: string;
  readonly hint: string;
  readonly stat: string;
  readonly children: ComponentChildren;
}

function Figure({ name, hint, stat, children }: FigureProps) {
  return (
    <div title={hint}>
      <dt>{name}</dt>
      <dd data-stat={stat}>{children}</dd>
    </div>
  );
}
