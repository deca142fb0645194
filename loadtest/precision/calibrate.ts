import { channelFamilies } from '../../models/import/channel-families.ts';
import type { OnnxGraph } from '../../models/import/onnx-graph.ts';
import { planQuantisation, type Range } from '../../models/import/quantise-plan.ts';
import { type Calibration, floatOutputs, scaledAlike } from '../../models/import/quantise-recipe.ts';
import type { PreparedFrame } from './frames.ts';
import { type ChannelRanges, leastErrorRange, Observer, percentileRange } from './observe.ts';

export interface Recipe {
  /** How a range is taken from what was seen: all of it, a share of it, or what rounds best. */
  readonly range: 'minmax' | 'leastError' | { readonly share: number };
  /**
   * How far channels are brought to one span: 0 not at all. A channel's factor is span^a where depthwise convolutions
   * alone read it with a = 1, and span^a x weight^(a - 1) where dense ones do, whose weights share the burden.
   */
  readonly alike: number;
  /** Beginnings of names of values left in float. */
  readonly float: readonly string[];
}

/** Figures from frames, for {@link calibrated}. */
export async function calibrate(
  graph: OnnxGraph,
  frames: readonly PreparedFrame[],
  size: number,
  recipe: Recipe,
  made: string,
): Promise<Calibration> {
  const quarterOctaves = recipe.alike === 0 ? {} : await spanFactors(graph, frames, size, recipe.alike);
  const scaled = scaledAlike(graph, quarterOctaves);
  const { values } = planQuantisation(scaled, floatOutputs(scaled, recipe.float));
  const names = [...values.keys()].filter((name) => !isPixels(scaled, name));
  const observer = await Observer.open(scaled, names, frames, size);
  try {
    const channels = await observer.channelRanges();
    const histograms = await observer.histograms(channels);
    const ranges: Record<string, readonly [number, number]> = {};
    for (const [name, histogram] of histograms) {
      const bounds = values.get(name) ?? { min: -Infinity, max: Infinity };
      const { min, max } =
        recipe.range === 'minmax'
          ? histogram
          : recipe.range === 'leastError'
            ? leastErrorRange(histogram, bounds)
            : percentileRange(histogram, recipe.range.share);
      ranges[name] = [Number(min.toPrecision(5)), Number(max.toPrecision(5))];
    }
    return { made, float: recipe.float, quarterOctaves, ranges };
  } finally {
    await observer.close();
  }
}

/** Pixels are uint8 as they come. */
function isPixels(graph: OnnxGraph, name: string): boolean {
  return graph.nodes.some((node) => node.opType === 'Cast' && node.outputs[0] === name);
}

async function spanFactors(
  graph: OnnxGraph,
  frames: readonly PreparedFrame[],
  size: number,
  alike: number,
): Promise<Calibration['quarterOctaves']> {
  const { values } = planQuantisation(graph, new Set());
  const names = [...values.keys()].filter((name) => !isPixels(graph, name));
  const observer = await Observer.open(graph, names, frames, size);
  const ranges = await observer.channelRanges();
  await observer.close();

  const factors: Record<string, number[]> = {};
  for (const { members, writers, denseWeight } of channelFamilies(graph)) {
    const spans = members.map(({ value, channel }) => span(ranges.get(value), values.get(value), channel));
    const largest = Math.max(1e-3, ...spans);
    const factor = denseWeight === undefined ? largest : largest ** alike * denseWeight ** (alike - 1);
    const quarters = Math.round(4 * Math.log2(factor));
    for (const { value, channel, channels } of writers) {
      factors[value] ??= new Array<number>(channels).fill(0);
      const own = factors[value];
      if (own !== undefined && Number.isFinite(quarters)) own[channel] = quarters;
    }
  }
  return factors;
}

function span(seen: ChannelRanges | undefined, bounds: Range | undefined, channel: number): number {
  const min = Math.max(seen?.min[channel] ?? 0, bounds?.min ?? -Infinity);
  const max = Math.min(seen?.max[channel] ?? 0, bounds?.max ?? Infinity);
  return Math.max(max, -min, 0);
}
