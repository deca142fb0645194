import type { LoadFigures, Rung } from '../core/overload.ts';

/** What others may read of the node's load and where it stands on the ladder. Written by the flow actor alone. */
export class FlowView {
  readonly rungs: readonly Rung[];
  rung = 0;
  /** Wall clock, ms since the Unix epoch. */
  sinceWallMs: number;
  /** Some camera above low priority sends frames: there is something to protect. */
  hasAboveLow = false;
  /** Not everything can be analysed: frames on which little moves are gated too. */
  saves = false;
  why = 'no load was seen yet.';
  load: LoadFigures;

  constructor(rungs: readonly Rung[], queueDelayMsMax: number, nowWallMs: number) {
    this.rungs = rungs;
    this.sinceWallMs = nowWallMs;
    this.load = {
      receivedFps: 0,
      wantedFps: 0,
      grantedFps: 0,
      capacityFps: 0,
      satisfaction: 1,
      lateShare: 0,
      queueDelayMsMax,
    };
  }

  /** Side of the model's input now, pixels. */
  get inputSize(): number {
    return this.rungs[this.rung]?.inputSize ?? 0;
  }

  /** Frames of low-priority cameras are shed, unless there are no others. */
  get shedsLow(): boolean {
    return this.hasAboveLow && this.rung >= this.rungs.findIndex(({ kind }) => kind === 'shed_low');
  }

  /** Cameras the node does not know yet are to come back later. */
  get refusesNew(): boolean {
    return this.rungs[this.rung]?.kind === 'refuse_new';
  }
}
