import { withoutDeadParts } from './graph-index.ts';
import type { OnnxGraph } from './onnx-graph.ts';
import { quantiseGraph } from './quantise-graph.ts';
import { planQuantisation } from './quantise-plan.ts';
import { padChannels } from './rewrite-pad-channels.ts';
import { scaleChannels } from './scale-channels.ts';

/** Figures measured on pictures, from which a model's int8 graph is made the same way every time. */
export interface Calibration {
  /** How many pictures of which kind, at which input size, and how ranges were taken from them. */
  readonly made: string;
  /** Beginnings of the names of values that stay in float. */
  readonly float: readonly string[];
  /** Per convolution, what each channel of its output is divided by: 2 to the power of a quarter of this. */
  readonly quarterOctaves: Readonly<Record<string, readonly number[]>>;
  /** Per value, lowest and highest number, after that division. */
  readonly ranges: Readonly<Record<string, readonly [number, number]>>;
}

/** The int8 graph of a float graph, in the layout ONNX Runtime's CPU kernels like. @throws ModelError `model_unsupported` */
export function calibrated(graph: OnnxGraph, calibration: Calibration): OnnxGraph {
  const { ranges } = calibration;
  const scaled = padChannels(scaledAlike(graph, calibration.quarterOctaves));
  const seen = new Map(Object.entries(ranges).map(([value, [min, max]]) => [value, { min, max }]));
  return quantiseGraph(scaled, seen, floatOutputs(scaled, calibration.float));
}

/** The float graph whose maps' channels span alike. */
export function scaledAlike(graph: OnnxGraph, quarterOctaves: Calibration['quarterOctaves']): OnnxGraph {
  const scales = Object.entries(quarterOctaves).map(
    ([value, octaves]) => [value, octaves.map((quarter) => 2 ** (quarter / 4))] as const,
  );
  return withoutDeadParts(scaleChannels(graph, new Map(scales)));
}

/** Names of all values that could be quantised and start with one of `beginnings`. */
export function floatOutputs(graph: OnnxGraph, beginnings: readonly string[]): ReadonlySet<string> {
  const { groups } = planQuantisation(graph, new Set());
  const names = groups.flatMap(({ node, output }) => [output, ...node.outputs]);
  return new Set(names.filter((name) => beginnings.some((beginning) => name.startsWith(beginning))));
}
