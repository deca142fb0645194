import type { DeviceView } from '../../actors/device-view.ts';
import type { FlowView } from '../../actors/flow-view.ts';
import type { AutoscaleObservation } from '../../shards/autoscale.ts';
import { steadyCapacity } from '../../shards/steady-capacity.ts';
import type { LatencyWindow } from '../telemetry/latency-window.ts';
import type { Suffering } from './relief-watch.ts';

export type NodeLoadFigures = AutoscaleObservation['nodes'][number];

export interface NodeLoadSources {
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
  #heldFps = 0;

  constructor(sources: NodeLoadSources) {
    this.#s = sources;
  }

  /** Frames/s its healthy devices sustain at the full input size, held still against noise; 0 before it is known. */
  get capacityFps(): number {
    const { devices, inputSizeMax } = this.#s;
    const healthy = devices.filter((view) => view.healthy);
    const measured = healthy.reduce((sum, view) => sum + view.capacityFps(inputSizeMax), 0);
    this.#heldFps = healthy.length === 0 ? 0 : steadyCapacity(this.#heldFps, measured);
    return Number.isFinite(this.#heldFps) ? this.#heldFps : 0;
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
