import type { DeviceView } from '../../actors/device-view.ts';
import type { FlowView } from '../../actors/flow-view.ts';
import type { Clock } from '../../core/clock.ts';
import { RingBuffer } from '../../core/ring-buffer.ts';
import type { AutoscaleObservation } from '../../shards/autoscale.ts';
import { steadyCapacity } from '../../shards/steady-capacity.ts';
import type { LatencyWindow } from '../telemetry/latency-window.ts';
import type { Suffering } from './relief-watch.ts';

export type NodeLoadFigures = AutoscaleObservation['nodes'][number];

const MEASURE_MS = 1_000;
const MEASURED_MAX = 60;

export interface NodeLoadSources {
  readonly clock: Clock;
  readonly node: string;
  readonly devices: readonly DeviceView[];
  readonly flow: FlowView;
  readonly latencies: LatencyWindow;
  /** Side of the largest input: what a node could serve if it were not degraded. */
  readonly inputSizeMax: number;
}

/** What a node says of its load: to the allocation, to the autoscaler, and to whoever relieves it. */
export class NodeLoad {
  readonly #s: NodeLoadSources;
  readonly #measured = new RingBuffer<number>(MEASURED_MAX);
  #measuredAtMs = Number.NEGATIVE_INFINITY;
  #heldFps = 0;

  constructor(sources: NodeLoadSources) {
    this.#s = sources;
  }

  /**
   * Frames/s its healthy devices sustain at the full input size; 0 before it is known, or where none is healthy. The median
   * of a minute, held still against noise: whoever spreads cameras by it would move them to and fro.
   */
  get capacityFps(): number {
    const { devices, inputSizeMax, clock } = this.#s;
    const healthy = devices.filter((view) => view.healthy);
    if (healthy.length === 0) return 0;
    const nowMs = clock.nowMs();
    const fps = healthy.reduce((sum, view) => sum + view.capacityFps(inputSizeMax), 0);
    if (Number.isFinite(fps) && fps > 0 && nowMs - this.#measuredAtMs >= MEASURE_MS) {
      this.#measuredAtMs = nowMs;
      if (this.#measured.isFull) this.#measured.shift();
      this.#measured.push(fps);
      const sorted = [...this.#measured].sort((a, b) => a - b);
      this.#heldFps = steadyCapacity(this.#heldFps, sorted[Math.floor(sorted.length / 2)] ?? fps);
    }
    return this.#heldFps;
  }

  get rung(): number {
    return this.#s.flow.rung;
  }

  get demandFps(): number {
    return this.#s.flow.load.wantedFps;
  }

  figures(nowMs: number): NodeLoadFigures {
    const { node, devices, latencies } = this.#s;
    const busy = devices.map((view) => {
      const { computeMs } = view.recent(nowMs);
      return Math.min(1, (view.batches.perSecond(nowMs) * computeMs) / 1_000);
    });
    return {
      node,
      demandFps: this.demandFps,
      capacityFps: this.capacityFps,
      deviceBusyShare: busy.reduce((sum, share) => sum + share, 0) / Math.max(1, busy.length),
      latencyP99Ms: latencies.percentiles(nowMs)?.p99 ?? null,
      queueDepth: devices.reduce((sum, view) => sum + view.pending, 0),
    };
  }

  suffering(): Suffering {
    const { devices, flow } = this.#s;
    return {
      openBreakers: devices.filter((view) => view.breaker === 'open').map((view) => view.device),
      onLastRung: flow.rung === flow.rungs.length - 1,
    };
  }
}
