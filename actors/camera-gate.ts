import type { Frame } from '../core/frame.ts';
import type { FrameOutcome } from '../core/outcome.ts';
import { gridOf, type LumaGrid } from '../models/gate/luma-grid.ts';
import { createGate, type GateSettings, type MotionGate } from '../models/gate/motion-gate.ts';
import type { CameraFlow } from './camera-flow.ts';
import {
  arrived,
  looked,
  missed,
  type SamplingRange,
  type SamplingState,
  STILL_AFTER_MS,
  startSampling,
  wantedFps,
} from './flow/sampling.ts';
import type { FlowView } from './flow-view.ts';
import type { FrameGate } from './messages.ts';

/** A little movement is analysed twice a second: frames that come more rarely than twice that are analysed all. */
const SLIGHT_FROM_FPS = 4;

/**
 * One camera's eye for movement: which of its frames are worth decoding, which of those are worth running, and how
 * often it should send any. The camera actor asks as frames come and go; the device actor calls {@link look} on what it
 * has decoded.
 */
export class CameraGate implements FrameGate {
  readonly #gate: MotionGate;
  readonly #adaptive: boolean;
  readonly #flow: Pick<FlowView, 'saves'>;
  readonly #camera: Pick<CameraFlow, 'targetFps'>;
  #sampling: SamplingState;
  /** Of frames looked at and not settled yet: they become the reference once they are analysed. */
  readonly #grids = new Map<Frame, LumaGrid>();

  /**
   * @param adaptive whether a still camera's frames may be skipped unseen, and fewer asked of it.
   * @param flow whether the node must save work.
   * @param camera what is asked of this camera.
   */
  constructor(
    settings: GateSettings,
    adaptive: boolean,
    flow: Pick<FlowView, 'saves'>,
    camera: Pick<CameraFlow, 'targetFps'>,
    nowMs: number,
  ) {
    this.#flow = flow;
    this.#camera = camera;
    this.#gate = createGate(settings);
    this.#adaptive = adaptive;
    this.#sampling = startSampling(nowMs);
  }

  get still(): boolean {
    return this.#sampling.lookedAtMs - this.#sampling.movedAtMs >= STILL_AFTER_MS;
  }

  wantedFps(range: SamplingRange): number {
    return this.#adaptive ? wantedFps(this.#sampling, range) : range.fpsMax;
  }

  /** A frame came in: `skip` where the scene is still and was looked at just now. */
  arrived(range: SamplingRange, nowMs: number): 'look' | 'skip' {
    if (!this.#adaptive) return 'look';
    const { kind, state } = arrived(this.#sampling, range, nowMs);
    this.#sampling = state;
    return kind;
  }

  look(frame: Frame, slot: Uint8Array, inputSize: number): 'run' | 'gated' {
    const grid = gridOf(slot, inputSize, frame.header);
    // With capacity to spare whatever moves is analysed; a little movement can wait only where something must.
    // Nor where few frames are asked for already: gating every other one of those would leave too little to follow.
    const { kind } =
      this.#flow.saves && this.#camera.targetFps >= SLIGHT_FROM_FPS
        ? this.#gate.look(grid, frame.receivedAtMs)
        : this.#gate.look(grid, frame.receivedAtMs, 0);
    this.#sampling = looked(this.#sampling, kind === 'moved' || kind === 'slight', frame.receivedAtMs);
    if (kind === 'still' || kind === 'slight') return 'gated';
    this.#grids.set(frame, grid);
    return 'run';
  }

  /** A frame has found its end. */
  settled(frame: Frame, outcome: FrameOutcome, nowMs: number): void {
    const grid = this.#grids.get(frame);
    this.#grids.delete(frame);
    if (outcome.kind === 'inferred') {
      if (grid !== undefined) this.#gate.analysed(grid, frame.receivedAtMs);
      // A device that does not look at pixels cannot say what moves: everything does.
      else this.#sampling = looked(this.#sampling, true, frame.receivedAtMs);
    } else if (outcome.kind === 'shed' || outcome.kind === 'lost') {
      this.#sampling = missed(this.#sampling, nowMs);
    }
  }
}
