import sharp from 'sharp';
import { arrived, looked, type SamplingRange, startSampling } from '../../actors/flow/sampling.ts';
import type { Box } from '../../core/detection.ts';
import { createRandom, gaussian, type Random } from '../../core/random.ts';
import { createGate, type GateSettings } from '../../models/gate/motion-gate.ts';
import type { Analyser } from './analyser.ts';

export interface StillRun {
  readonly offered: number;
  readonly neverDecoded: number;
  readonly gated: number;
  readonly analysed: number;
  /** From an object's appearance to the first frame analysed with it; undefined where it never was. */
  readonly seenAfterMs: number | undefined;
}

/** One frame of a camera that sees nothing move: the same picture with fresh sensor noise, encoded again. */
export class StillScene {
  readonly #empty: Buffer;
  readonly #withObject: Buffer;
  readonly #width: number;
  readonly #height: number;
  readonly #noise: Int8Array;

  private constructor(empty: Buffer, withObject: Buffer, width: number, height: number, noise: Int8Array) {
    this.#empty = empty;
    this.#withObject = withObject;
    this.#width = width;
    this.#height = height;
    this.#noise = noise;
  }

  /**
   * @param object a part of the picture, shares 0..1: what appears.
   * @param at its new upper left corner, shares 0..1.
   * @param sigma standard deviation of the noise of each channel, of 255.
   */
  static async open(
    jpeg: Buffer,
    object: Box,
    at: readonly [number, number],
    sigma: number,
    random: Random,
  ): Promise<StillScene> {
    const { data, info } = await sharp(jpeg).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    const withObject = Buffer.from(data);
    const [x1, y1, x2, y2] = [object[0] * width, object[1] * height, object[2] * width, object[3] * height].map(
      Math.round,
    ) as [number, number, number, number];
    const left = Math.min(width - (x2 - x1), Math.round(at[0] * width));
    const top = Math.min(height - (y2 - y1), Math.round(at[1] * height));
    for (let y = 0; y < y2 - y1; y++) {
      const from = ((y1 + y) * width + x1) * 3;
      data.copy(withObject, ((top + y) * width + left) * 3, from, from + (x2 - x1) * 3);
    }
    // Drawn once and shifted by a random amount per frame: fresh draws for each would take most of the time.
    const noise = Int8Array.from({ length: data.byteLength * 2 }, () => Math.round(gaussian(random) * sigma));
    return new StillScene(data, withObject, width, height, noise);
  }

  frame(withObject: boolean, random: Random): Promise<Buffer> {
    const clean = withObject ? this.#withObject : this.#empty;
    const noisy = Buffer.allocUnsafe(clean.byteLength);
    const shift = Math.floor(random() * clean.byteLength);
    for (let i = 0; i < clean.byteLength; i++) {
      noisy[i] = Math.min(255, Math.max(0, (clean[i] ?? 0) + (this.#noise[i + shift] ?? 0)));
    }
    return sharp(noisy, { raw: { width: this.#width, height: this.#height, channels: 3 } })
      .jpeg({ quality: 80 })
      .toBuffer();
  }
}

/** A still camera that sends `fps` whatever it is asked for; an object appears at `appearsAtMs`, and the run ends when it is seen. */
export async function watchStill(options: {
  readonly scene: StillScene;
  readonly analyser: Analyser;
  readonly gate: GateSettings;
  readonly range: SamplingRange;
  readonly fps: number;
  readonly appearsAtMs: number;
  readonly seed: number;
}): Promise<StillRun> {
  const random = createRandom(options.seed);
  const gate = createGate(options.gate);
  let sampling = startSampling(0);
  const counts = { offered: 0, neverDecoded: 0, gated: 0, analysed: 0 };
  for (let k = 0; ; k++) {
    const atMs = (k * 1_000) / options.fps;
    const appeared = atMs >= options.appearsAtMs;
    if (atMs > options.appearsAtMs + 10_000) return { ...counts, seenAfterMs: undefined };
    if (!appeared) counts.offered++;
    const arrival = arrived(sampling, options.range, atMs);
    sampling = arrival.state;
    if (arrival.kind === 'skip') {
      if (!appeared) counts.neverDecoded++;
      continue;
    }
    const grid = await options.analyser.grid(await options.scene.frame(appeared, random));
    const look = gate.look(grid, atMs);
    sampling = looked(sampling, look.kind === 'moved' || look.kind === 'slight', atMs);
    const analysed = look.kind === 'moved' || look.kind === 'due';
    if (appeared && analysed) return { ...counts, seenAfterMs: atMs - options.appearsAtMs };
    if (!appeared) counts[analysed ? 'analysed' : 'gated']++;
    if (analysed) gate.analysed(grid, atMs);
  }
}
