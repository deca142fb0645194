import { ModelError } from '../../core/errors.ts';
import { withoutDeadParts } from './graph-index.ts';
import type { OnnxGraph, OnnxNode } from './onnx-graph.ts';
import { quantiseBias, quantiseWeights, type Scale, scaleOf } from './quantise-numbers.ts';
import { planQuantisation, type QuantisationPlan, type Range } from './quantise-plan.ts';
import { float32, type Tensor } from './tensor.ts';

/** What calibration saw of each value, by name. */
export type Ranges = ReadonlyMap<string, Range>;

/**
 * The graph with QuantizeLinear / DequantizeLinear pairs (QDQ) around every operator of the plan:
 *
 *     x(u8) ► DQ ─┐
 *     w(i8) ► DQ ─┼► Conv ► Q ► y(u8) ► DQ ► next
 *     b(i32)► DQ ─┘
 *
 * It says in standard ONNX what is rounded where; ONNX Runtime's CPU provider turns each such group into one integer
 * operator (QLinearConv, QLinearAdd, ...) and keeps maps in channels-last order between them. Weights: int8, symmetric,
 * a scale per output channel. Values: uint8, asymmetric, from `ranges`. Biases: int32.
 *
 * @throws ModelError `model_unsupported` where a value has no range
 */
export function quantiseGraph(graph: OnnxGraph, ranges: Ranges, floatOutputs: ReadonlySet<string>): OnnxGraph {
  return new Quantiser(graph, planQuantisation(graph, floatOutputs), ranges).run();
}

class Quantiser {
  readonly #graph: OnnxGraph;
  readonly #plan: QuantisationPlan;
  readonly #ranges: Ranges;
  readonly #initializers: Map<string, Tensor>;
  readonly #nodes: OnnxNode[] = [];
  /** Values that are written as uint8 by now. */
  readonly #scales = new Map<string, Scale>();
  readonly #groupOutputs: ReadonlySet<string>;

  constructor(graph: OnnxGraph, plan: QuantisationPlan, ranges: Ranges) {
    this.#graph = graph;
    this.#plan = plan;
    this.#ranges = ranges;
    this.#initializers = new Map(graph.initializers);
    this.#groupOutputs = new Set(plan.groups.map((group) => group.output));
  }

  run(): OnnxGraph {
    const groupOf = new Map(this.#plan.groups.map((group) => [group.node, group]));
    const absorbed = new Set(this.#plan.groups.map((group) => group.activation));
    for (const node of this.#graph.nodes) {
      if (absorbed.has(node)) continue;
      const group = groupOf.get(node);
      if (group === undefined) {
        this.#nodes.push({ ...node, inputs: node.inputs.map((input) => this.#asFloats(input)) });
        continue;
      }
      const [data = '', ...constants] = node.inputs;
      const inputs =
        node.opType === 'Conv'
          ? [this.#dequantised(data), ...this.#weights(group.output, data, constants)]
          : node.inputs.map((input) => (this.#isActive(input) ? this.#dequantised(input) : input));
      const exact = `${group.output}/exact`;
      this.#nodes.push({ ...node, inputs, outputs: [exact] });
      // Upsampling works on the stored numbers, so it keeps its input's scale.
      const scale = node.opType === 'Resize' ? this.#scales.get(data) : undefined;
      this.#quantise(exact, group.output, scale ?? this.#scaleOf(group.output));
    }
    const { shapes, ...graph } = this.#graph;
    return withoutDeadParts({ ...graph, shapes, nodes: this.#nodes, initializers: this.#initializers });
  }

  #isActive(input: string): boolean {
    return input !== '' && !this.#graph.initializers.has(input);
  }

  /** The value as whoever computes in float reads it. */
  #asFloats(value: string): string {
    return this.#groupOutputs.has(value) ? this.#dequantised(value) : value;
  }

  #scaleOf(value: string): Scale {
    const seen = this.#ranges.get(value);
    const bounds = this.#plan.values.get(value) ?? { min: -Infinity, max: Infinity };
    const min = Math.max(bounds.min, seen?.min ?? -Infinity);
    const max = Math.min(bounds.max, seen?.max ?? Infinity);
    if (!Number.isFinite(min) || !Number.isFinite(max)) {
      throw new ModelError('model_unsupported', `calibration knows no range of ${value}`);
    }
    return scaleOf({ min, max });
  }

  #quantise(from: string, value: string, scale: Scale): void {
    const inputs = [from, ...this.#scaleConstants(value, scale)];
    this.#nodes.push({ opType: 'QuantizeLinear', inputs, outputs: [`${value}/u8`], attributes: {} });
    this.#scales.set(value, scale);
  }

  #scaleConstants(value: string, { scale, zeroPoint }: Scale): readonly string[] {
    this.#initializers.set(`${value}/scale`, float32([], [scale]));
    this.#initializers.set(`${value}/zero`, { dtype: 'uint8', dims: [], data: Uint8Array.of(zeroPoint) });
    return [`${value}/scale`, `${value}/zero`];
  }

  /** The name of the value after rounding; rounds it first where it is computed in float. */
  #dequantised(value: string): string {
    const dequantised = `${value}/rounded`;
    if (!this.#scales.has(value)) this.#enter(value);
    if (!this.#nodes.some((node) => node.outputs[0] === dequantised)) {
      const inputs = [`${value}/u8`, `${value}/scale`, `${value}/zero`];
      this.#nodes.push({ opType: 'DequantizeLinear', inputs, outputs: [dequantised], attributes: {} });
    }
    return dequantised;
  }

  /** Pixels are uint8 already: their Cast to float becomes a scale of 1, and nothing is rounded at all. */
  #enter(value: string): void {
    const cast = this.#nodes.findIndex((node) => node.opType === 'Cast' && node.outputs[0] === value);
    const pixels = this.#nodes[cast]?.inputs[0];
    if (pixels === undefined) {
      this.#quantise(value, value, this.#scaleOf(value));
      return;
    }
    const scale = { scale: 1, zeroPoint: 0 };
    const inputs = [pixels, ...this.#scaleConstants(value, scale)];
    this.#nodes[cast] = { opType: 'DequantizeLinear', inputs, outputs: [`${value}/rounded`], attributes: {} };
    this.#scales.set(value, scale);
  }

  #weights(name: string, data: string, [weightsName = '', biasName = '']: readonly string[]): readonly string[] {
    const weights = this.#initializers.get(weightsName);
    const bias = this.#initializers.get(biasName);
    if (weights?.dtype !== 'float32') throw new ModelError('model_unsupported', `${name} has no constant weights`);
    const quantised = quantiseWeights(weights);
    const names = [this.#constant(`${name}/weights/rounded`, quantised.values, quantised.scales)];
    if (bias?.dtype === 'float32') {
      const { values, scales } = quantiseBias(bias, this.#scales.get(data)?.scale ?? 1, quantised.scales);
      names.push(this.#constant(`${name}/bias/rounded`, values, scales));
    }
    return names;
  }

  /** Integer constants with one scale per output channel, and the node that turns them into floats. */
  #constant(name: string, values: Tensor, scales: Tensor): string {
    const zeros =
      values.dtype === 'int32'
        ? { dtype: 'int32' as const, dims: scales.dims, data: new Int32Array(scales.data.length) }
        : { dtype: 'int8' as const, dims: scales.dims, data: new Int8Array(scales.data.length) };
    this.#initializers.set(`${name}/stored`, values);
    this.#initializers.set(`${name}/scales`, scales);
    this.#initializers.set(`${name}/zeros`, zeros);
    const inputs = [`${name}/stored`, `${name}/scales`, `${name}/zeros`];
    this.#nodes.push({ opType: 'DequantizeLinear', inputs, outputs: [name], attributes: { axis: { int: 0 } } });
    return name;
  }
}
