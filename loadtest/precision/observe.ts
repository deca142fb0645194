import { InferenceSession, type Tensor } from 'onnxruntime-node';
import type { OnnxGraph } from '../../models/import/onnx-graph.ts';
import type { Range } from '../../models/import/quantise-plan.ts';
import { encodeOnnx } from '../../models/import/write-onnx.ts';
import { type PreparedFrame, tensorOf } from './frames.ts';

/** How often a value fell into each of equal bins between the lowest and the highest number seen. */
export interface Histogram extends Range {
  readonly counts: Float64Array;
}

/** Lowest and highest number of each channel. */
export interface ChannelRanges {
  readonly min: Float32Array;
  readonly max: Float32Array;
}

const BINS = 4096;

/** Runs frames through a float graph and looks at values inside it. */
export class Observer {
  readonly #session: InferenceSession;
  readonly #names: readonly string[];
  readonly #frames: readonly PreparedFrame[];
  readonly #size: number;

  private constructor(
    session: InferenceSession,
    names: readonly string[],
    frames: readonly PreparedFrame[],
    size: number,
  ) {
    this.#session = session;
    this.#names = names;
    this.#frames = frames;
    this.#size = size;
  }

  static async open(
    graph: OnnxGraph,
    names: readonly string[],
    frames: readonly PreparedFrame[],
    size: number,
  ): Promise<Observer> {
    const outputs = names.map((name) => ({
      name,
      elementType: 'float32' as const,
      dims: graph.shapes.get(name) ?? ['batch', 'channels', 'height', 'width'],
    }));
    const observed = { ...graph, outputs: [...graph.outputs, ...outputs] };
    const model = encodeOnnx(observed, 'observed', { name: 'camshard', version: '0' });
    return new Observer(
      await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 }),
      names,
      frames,
      size,
    );
  }

  async channelRanges(): Promise<ReadonlyMap<string, ChannelRanges>> {
    const ranges = new Map<string, ChannelRanges>();
    await this.#each((name, data, dims) => {
      const [, channels = 1, height = 1, width = 1] = dims;
      const range = ranges.get(name) ?? {
        min: new Float32Array(channels).fill(Infinity),
        max: new Float32Array(channels).fill(-Infinity),
      };
      ranges.set(name, range);
      const area = height * width;
      for (let c = 0; c < channels; c++) {
        let [min, max] = [range.min[c] ?? 0, range.max[c] ?? 0];
        for (let i = c * area; i < (c + 1) * area; i++) {
          const value = data[i] ?? 0;
          if (value < min) min = value;
          if (value > max) max = value;
        }
        range.min[c] = min;
        range.max[c] = max;
      }
    });
    return ranges;
  }

  async histograms(ranges: ReadonlyMap<string, ChannelRanges>): Promise<ReadonlyMap<string, Histogram>> {
    const histograms = new Map<string, Histogram>();
    for (const [name, range] of ranges) {
      histograms.set(name, {
        min: Math.min(0, ...range.min),
        max: Math.max(0, ...range.max),
        counts: new Float64Array(BINS),
      });
    }
    await this.#each((name, data) => {
      const histogram = histograms.get(name);
      if (histogram === undefined) return;
      const { min, max, counts } = histogram;
      const perBin = (max - min) / BINS || 1;
      for (let i = 0; i < data.length; i++) {
        const bin = Math.min(BINS - 1, Math.floor(((data[i] ?? 0) - min) / perBin));
        counts[bin] = (counts[bin] ?? 0) + 1;
      }
    });
    return histograms;
  }

  close(): Promise<void> {
    return this.#session.release();
  }

  async #each(look: (name: string, data: Float32Array, dims: readonly number[]) => void): Promise<void> {
    for (const frame of this.#frames) {
      const outputs = await this.#session.run({ frames: tensorOf(frame, this.#size) });
      for (const name of this.#names) {
        const { data, dims } = outputs[name] as Tensor;
        look(name, data as Float32Array, dims);
      }
    }
  }
}

/** The range that leaves out `1 - share` of the numbers at either end. */
export function percentileRange({ min, max, counts }: Histogram, share: number): Range {
  const perBin = (max - min) / counts.length;
  const allowed = counts.reduce((sum, count) => sum + count, 0) * (1 - share);
  let first = 0;
  for (let out = counts[0] ?? 0; out < allowed; out += counts[++first] ?? Infinity);
  let last = counts.length - 1;
  for (let out = counts[last] ?? 0; out < allowed; out += counts[--last] ?? Infinity);
  return { min: min + first * perBin, max: min + (last + 1) * perBin };
}

/** The range whose 256 steps give the least squared error, what it cuts off included; in tenths of either end. */
export function leastErrorRange({ min, max, counts }: Histogram, bounds: Range): Range {
  const perBin = (max - min) / counts.length || 1;
  const lowest = Math.min(0, Math.max(min, bounds.min));
  const highest = Math.max(0, Math.min(max, bounds.max));
  const shares = [1, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3];
  let best = { min: lowest, max: highest, error: Infinity };
  for (const upper of shares) {
    for (const lower of lowest < 0 ? shares : [1]) {
      const tried = { min: lowest * lower, max: highest * upper };
      const step = (tried.max - tried.min) / 255;
      let error = 0;
      for (let bin = 0; bin < counts.length && error < best.error; bin++) {
        const value = Math.min(highest, Math.max(lowest, min + (bin + 0.5) * perBin));
        const cut = Math.max(tried.min - value, value - tried.max, 0);
        error += (counts[bin] ?? 0) * (cut > 0 ? cut * cut : (step * step) / 12);
      }
      if (error < best.error) best = { ...tried, error };
    }
  }
  return { min: best.min, max: best.max };
}
