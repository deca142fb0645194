import { hashOf } from './random.ts';

const tileLength = 1 << 16;

/**
 * A sensor's grain, the same for the same numbers: one tile of Gaussian grey noise of `deviation` grey levels, laid
 * over each frame from another start.
 */
export class SensorNoise {
  readonly #tile: Int8Array;

  constructor(deviation: number) {
    this.#tile = new Int8Array(tileLength);
    let state = 0x9e3779b9;
    const uniform = (): number => {
      // Marsaglia's xorshift32 (Journal of Statistical Software 8(14), 2003).
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return ((state >>> 0) + 1) / (2 ** 32 + 1);
    };
    for (let i = 0; i < tileLength; i += 1) {
      // Box and Muller's transform of two uniform numbers (Annals of Mathematical Statistics 29, 1958).
      const radius = Math.sqrt(-2 * Math.log(uniform()));
      this.#tile[i] = Math.max(-127, Math.min(127, Math.round(deviation * radius * Math.cos(2 * Math.PI * uniform()))));
    }
  }

  /** Adds the grain of frame `frame` to RGB pixels in place. */
  addTo(rgb: Uint8ClampedArray, frame: number): void {
    const tile = this.#tile;
    let n = hashOf('noise', frame) % tileLength;
    for (let i = 0; i + 2 < rgb.length; i += 3) {
      const grain = tile[n] ?? 0;
      rgb[i] = (rgb[i] ?? 0) + grain;
      rgb[i + 1] = (rgb[i + 1] ?? 0) + grain;
      rgb[i + 2] = (rgb[i + 2] ?? 0) + grain;
      n = (n + 1) & (tileLength - 1);
    }
  }
}
