import type { OnnxGraph, OnnxNode } from './onnx-graph.ts';
import type { FloatTensor } from './tensor.ts';

/** Who writes and who reads each value of a graph; what rewrites look patterns up with. */
export class GraphIndex {
  readonly #producers = new Map<string, OnnxNode>();
  readonly #consumers = new Map<string, OnnxNode[]>();
  readonly #graph: OnnxGraph;
  readonly #outputs: ReadonlySet<string>;

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.#outputs = new Set(graph.outputs.map((port) => port.name));
    for (const node of graph.nodes) {
      for (const output of node.outputs) this.#producers.set(output, node);
      for (const input of new Set(node.inputs)) {
        const readers = this.#consumers.get(input);
        if (readers === undefined) this.#consumers.set(input, [node]);
        else readers.push(node);
      }
    }
  }

  /** The node that writes a value, where it is one of `opType`. */
  producer(value: string | undefined, opType: string): OnnxNode | undefined {
    const node = value === undefined ? undefined : this.#producers.get(value);
    return node?.opType === opType ? node : undefined;
  }

  consumers(value: string | undefined): readonly OnnxNode[] {
    return this.#consumers.get(value ?? '') ?? [];
  }

  isOutput(value: string): boolean {
    return this.#outputs.has(value);
  }

  /** True where nothing but `reader` sees the value, so that it may vanish. */
  readOnlyBy(value: string, reader: OnnxNode): boolean {
    return !this.isOutput(value) && this.consumers(value).every((node) => node === reader);
  }

  floats(value: string | undefined): FloatTensor | undefined {
    const tensor = this.#graph.initializers.get(value ?? '');
    return tensor?.dtype === 'float32' ? tensor : undefined;
  }

  /** The number a constant of one element holds. */
  scalar(value: string | undefined): number | undefined {
    const tensor = this.floats(value);
    return tensor?.data.length === 1 ? tensor.data[0] : undefined;
  }

  /** Splits a commutative operator's two inputs into its scalar constant and the other one. */
  scalarAndOther(node: OnnxNode | undefined): { readonly scalar: number; readonly other: string } | undefined {
    const [a = '', b = ''] = node?.inputs ?? [];
    const [left, right] = [this.scalar(a), this.scalar(b)];
    if (left !== undefined) return { scalar: left, other: b };
    return right === undefined ? undefined : { scalar: right, other: a };
  }
}

/** The graph without nodes and constants that no output needs. */
export function withoutDeadParts(graph: OnnxGraph): OnnxGraph {
  const needed = new Set(graph.outputs.map((port) => port.name));
  const kept: OnnxNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    kept.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  const alive = <T>(map: ReadonlyMap<string, T>) => new Map([...map].filter(([name]) => needed.has(name)));
  return { ...graph, nodes: kept.reverse(), initializers: alive(graph.initializers), shapes: alive(graph.shapes) };
}
