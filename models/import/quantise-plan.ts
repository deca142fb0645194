import { GraphIndex } from './graph-index.ts';
import type { OnnxGraph, OnnxNode } from './onnx-graph.ts';

/** Lowest and highest number a value takes. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** An operator computed in integers, with the activation behind it where that is nothing but a clip of its result. */
export interface QuantisedGroup {
  readonly node: OnnxNode;
  /** A Relu or Clip that vanishes: a result that is rounded into a range is clipped to it anyway. */
  readonly activation: OnnxNode | undefined;
  /** The value the group writes. */
  readonly output: string;
}

export interface QuantisationPlan {
  readonly groups: readonly QuantisedGroup[];
  /** Values that become uint8, and what is known of their range without looking at any picture. */
  readonly values: ReadonlyMap<string, Range>;
}

const ANYTHING: Range = { min: -Infinity, max: Infinity };

/**
 * Which operators of a float graph are computed in integers: convolutions over maps, and what lies between them (sums,
 * products of two maps, concatenations, upsampling, global averages). Left in float: what works on `[batch, C, 1, 1]`
 * (squeeze-and-excite: a thousandth of the work and the most sensitive part), the head, and `floatOutputs`.
 *
 * @param floatOutputs names of values whose nodes stay in float
 */
export function planQuantisation(graph: OnnxGraph, floatOutputs: ReadonlySet<string>): QuantisationPlan {
  const index = new GraphIndex(graph);
  const groups: QuantisedGroup[] = [];
  const values = new Map<string, Range>();
  for (const node of graph.nodes) {
    const [raw = ''] = node.outputs;
    if (floatOutputs.has(raw) || !isQuantisable(graph, index, node)) continue;
    const activation = soleActivation(index, raw);
    const output = activation?.outputs[0] ?? raw;
    if (floatOutputs.has(output)) continue;
    groups.push({ node, activation, output });
  }
  for (const { node, activation, output } of groups) {
    values.set(output, boundsOf(index, activation));
    for (const input of activeInputs(graph, node)) {
      if (values.has(input)) continue;
      values.set(input, boundsOf(index, index.producer(input, 'Clip') ?? index.producer(input, 'Relu')));
    }
  }
  for (const { output } of groups) {
    const lower = swishLower(index, output);
    const known = values.get(output) ?? ANYTHING;
    if (lower !== undefined) values.set(output, { ...known, min: Math.max(known.min, lower) });
  }
  return { groups, values };
}

/** Inputs that are computed, constants left out. */
export function activeInputs(graph: OnnxGraph, node: OnnxNode): readonly string[] {
  return node.inputs.filter((input) => input !== '' && !graph.initializers.has(input));
}

function isQuantisable(graph: OnnxGraph, index: GraphIndex, node: OnnxNode): boolean {
  const inputs = activeInputs(graph, node);
  switch (node.opType) {
    case 'Conv':
      return index.floats(node.inputs[1]) !== undefined && !isPooled(graph, node.inputs[0]);
    case 'Add':
    case 'Mul':
      return inputs.length === 2 && inputs.some((input) => isMap(graph, input));
    case 'Concat':
    case 'Resize':
    case 'GlobalAveragePool':
      return inputs.length > 0 && inputs.every((input) => isMap(graph, input));
    default:
      return false;
  }
}

function isMap(graph: OnnxGraph, value: string): boolean {
  return graph.shapes.get(value)?.length === 4 && !isPooled(graph, value);
}

function isPooled(graph: OnnxGraph, value: string | undefined): boolean {
  const dims = graph.shapes.get(value ?? '');
  return dims?.length === 4 && dims[2] === 1 && dims[3] === 1;
}

function soleActivation(index: GraphIndex, value: string): OnnxNode | undefined {
  const [reader, ...others] = index.consumers(value);
  if (reader === undefined || others.length > 0 || index.isOutput(value)) return undefined;
  return reader.opType === 'Relu' || reader.opType === 'Clip' ? reader : undefined;
}

function boundsOf(index: GraphIndex, activation: OnnxNode | undefined): Range {
  if (activation?.opType === 'Relu') return { min: 0, max: Infinity };
  if (activation?.opType !== 'Clip') return ANYTHING;
  return {
    min: index.scalar(activation.inputs[1]) ?? -Infinity,
    max: index.scalar(activation.inputs[2]) ?? Infinity,
  };
}

/**
 * Where only a hard swish reads x, whatever is below the point at which its gate closes may as well lie at that point:
 * both give 0. Half of x's range is often there, and is then not wasted on it.
 */
function swishLower(index: GraphIndex, value: string): number | undefined {
  const readers = index.consumers(value);
  const product = readers.find((node) => node.opType === 'Mul');
  const line = readers.find((node) => node.opType === 'Conv');
  if (product === undefined || line === undefined || readers.length !== 2) return undefined;
  const gate = index.consumers(line.outputs[0])[0];
  const isGate = gate?.opType === 'Clip' && product.inputs.includes(gate.outputs[0] ?? '');
  const slopes = index.floats(line.inputs[1]);
  const offsets = index.floats(line.inputs[2]);
  if (!isGate || slopes === undefined || offsets === undefined || slopes.dims[1] !== 1) return undefined;
  if (index.scalar(gate.inputs[1]) !== 0) return undefined;
  return Math.min(...offsets.data.map((offset, channel) => -offset / (slopes.data[channel] ?? 1)));
}
