import { arrived, looked, type SamplingRange, startSampling } from '../../actors/flow/sampling.ts';
import { createGate, type GateSettings } from '../../models/gate/motion-gate.ts';
import type { AnalysedPicture } from './analyser.ts';

/** One frame that was analysed, and when. */
export interface Analysis {
  readonly atMs: number;
  readonly picture: AnalysedPicture;
}

export interface Replay {
  readonly offered: number;
  /** Came before the next look was due: settled without being decoded. */
  readonly neverDecoded: number;
  /** Decoded, and skipped by the gate: nothing moved, or little since half a second ago. */
  readonly still: number;
  readonly slight: number;
  /** Analysed because something moved, and because it was time. */
  readonly moved: number;
  readonly due: number;
  readonly analyses: readonly Analysis[];
  /** Times of all frames offered. */
  readonly timesMs: readonly number[];
}

export interface ReplayOptions {
  readonly gate: GateSettings;
  /** `fpsMax` is the rate offered: the camera does not obey its target. */
  readonly range: SamplingRange;
}

export interface OfferedFrame<P> {
  readonly atMs: number;
  readonly picture: P;
}

/**
 * What a camera of `fps` frames/s would have sent of footage taken at `footageFps`, starting `phase` frames later.
 * @param pictures the footage's frames, in order.
 */
export function offer<P>(pictures: readonly P[], footageFps: number, fps: number, phase: number): OfferedFrame<P>[] {
  const frames: OfferedFrame<P>[] = [];
  for (let k = 0; ; k++) {
    const index = Math.floor(phase + (k * footageFps) / fps + 1e-9);
    const picture = pictures[index];
    if (picture === undefined) return frames;
    frames.push({ atMs: (index * 1_000) / footageFps, picture });
  }
}

/** Every frame analysed. */
export function replayAll(frames: readonly OfferedFrame<AnalysedPicture>[]): Replay {
  const none = { neverDecoded: 0, still: 0, slight: 0, due: 0 };
  return {
    ...none,
    offered: frames.length,
    moved: frames.length,
    analyses: frames,
    timesMs: frames.map((f) => f.atMs),
  };
}

/** Sampling decides which frames are decoded, the gate which of those are analysed; nothing takes any time. */
export function replayGated(frames: readonly OfferedFrame<AnalysedPicture>[], options: ReplayOptions): Replay {
  const gate = createGate(options.gate);
  let sampling = startSampling(frames[0]?.atMs ?? 0);
  const counts = { neverDecoded: 0, still: 0, slight: 0, moved: 0, due: 0 };
  const analyses: Analysis[] = [];
  for (const { atMs, picture } of frames) {
    const arrival = arrived(sampling, options.range, atMs);
    sampling = arrival.state;
    if (arrival.kind === 'skip') {
      counts.neverDecoded++;
      continue;
    }
    const look = gate.look(picture.grid, atMs);
    counts[look.kind]++;
    sampling = looked(sampling, look.kind === 'moved' || look.kind === 'slight', atMs);
    if (look.kind === 'still' || look.kind === 'slight') continue;
    gate.analysed(picture.grid, atMs);
    analyses.push({ atMs, picture });
  }
  return { offered: frames.length, ...counts, analyses, timesMs: frames.map((f) => f.atMs) };
}
