import type { FlowView } from '../actors/flow-view.ts';
import type { OverloadStatus } from '../core/overload.ts';

/** What the node answers when asked how loaded it is; rates rounded to tenths. */
export function overloadStatus(node: string, flow: FlowView): OverloadStatus {
  const { rung, rungs, why, load } = flow;
  return {
    node,
    rung,
    rungs,
    sinceAt: Math.round(flow.sinceWallMs),
    why,
    load: {
      receivedFps: round(load.receivedFps, 10),
      wantedFps: round(load.wantedFps, 10),
      grantedFps: round(load.grantedFps, 10),
      capacityFps: round(load.capacityFps, 10),
      satisfaction: round(load.satisfaction, 1_000),
      lateShare: round(load.lateShare, 1_000),
      queueDelayMsMax: load.queueDelayMsMax,
    },
  };
}

const round = (value: number, scale: number): number => Math.round(value * scale) / scale;
