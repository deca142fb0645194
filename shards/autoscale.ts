/** Whether the cluster should have more nodes, or could do with fewer; for an autoscaler to act on. */
export interface AutoscaleSignal {
  readonly cluster: string;
  readonly demandFps: number;
  readonly capacityFps: number;
  /** demand / capacity. */
  readonly utilisation: number;
  readonly nodes: number;
  readonly desiredNodes: number;
  readonly recommendation: 'scale_up' | 'hold' | 'scale_down';
  /** Which triggers are on, and since when, ms since the Unix epoch. */
  readonly triggers: readonly { readonly name: AutoscaleTrigger; readonly sinceMs: number; readonly value: number }[];
  readonly perNode: readonly {
    readonly node: string;
    readonly demandFps: number;
    readonly capacityFps: number;
    readonly utilisation: number;
  }[];
}

export type AutoscaleTrigger = 'gpu_busy' | 'latency_p99' | 'queue_depth' | 'quiet';
