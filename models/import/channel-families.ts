import { GraphIndex } from './graph-index.ts';
import type { OnnxGraph } from './onnx-graph.ts';
import { channelsOf, isDepthwise } from './scale-channels.ts';

/** Channels that must be scaled by one factor, because sums, concatenations and the like tie them together. */
export interface ChannelFamily {
  readonly members: readonly { readonly value: string; readonly channel: number }[];
  /** Outputs of the convolutions that write it, and how many channels those have. */
  readonly writers: readonly { readonly value: string; readonly channel: number; readonly channels: number }[];
  /** Largest absolute weight with which a dense convolution reads it; undefined where none does. */
  readonly denseWeight: number | undefined;
}

/**
 * The channels of a graph whose scale is free, in families. Not free: what an input or output of the graph shows, what a
 * clip cuts off, what an operator sees that is not linear in it.
 */
export function channelFamilies(graph: OnnxGraph): readonly ChannelFamily[] {
  const index = new GraphIndex(graph);
  const sets = new ChannelSets();
  const fixed = new Set<number>();
  const fix = (value: string) => {
    for (let c = 0; c < channelsOf(graph, index, value); c++) fixed.add(sets.idOf(value, c));
  };
  const tie = (a: string, b: string, offset = 0) => {
    for (let c = 0; c < channelsOf(graph, index, b); c++) sets.join(sets.idOf(a, c + offset), sets.idOf(b, c));
  };
  const writers: ChannelFamily['writers'][number][] = [];
  const readWeights: { readonly id: number; readonly weight: number }[] = [];
  for (const port of [...graph.inputs, ...graph.outputs]) fix(port.name);
  for (const node of graph.nodes) {
    const [output = ''] = node.outputs;
    const [input = ''] = node.inputs;
    switch (node.opType) {
      case 'Conv': {
        const weights = index.floats(node.inputs[1]);
        if (weights === undefined) break;
        const channels = weights.dims[0] ?? 0;
        for (let channel = 0; channel < channels; channel++) writers.push({ value: output, channel, channels });
        if (isDepthwise(node, weights)) break;
        const inputs = weights.dims[1] ?? 1;
        const kernel = weights.data.length / ((weights.dims[0] ?? 1) * inputs);
        const largest = new Float64Array(inputs);
        for (const [i, weight] of weights.data.entries()) {
          const c = Math.floor(i / kernel) % inputs;
          largest[c] = Math.max(largest[c] ?? 0, Math.abs(weight));
        }
        for (const [c, weight] of largest.entries()) readWeights.push({ id: sets.idOf(input, c), weight });
        continue;
      }
      case 'Relu':
      case 'Resize':
      case 'GlobalAveragePool':
        tie(output, input);
        continue;
      case 'Add':
        if (node.inputs.some((each) => graph.initializers.has(each))) break;
        for (const each of node.inputs) tie(output, each);
        continue;
      case 'Concat': {
        let offset = 0;
        for (const each of node.inputs) {
          tie(output, each, offset);
          offset += channelsOf(graph, index, each);
        }
        continue;
      }
      case 'Mul': {
        const gate = node.inputs.find((each) => index.producer(each, 'Clip') ?? index.producer(each, 'Sigmoid'));
        const map = node.inputs.find((each) => each !== gate);
        if (gate === undefined || map === undefined || graph.initializers.has(map)) break;
        fix(gate);
        tie(output, map);
        continue;
      }
    }
    if (node.opType !== 'Conv') for (const each of [...node.inputs, ...node.outputs]) fix(each);
  }
  return sets.families(fixed, writers, readWeights);
}

/** Disjoint sets of (value, channel) pairs. */
class ChannelSets {
  readonly #ids = new Map<string, number>();
  readonly #names: { readonly value: string; readonly channel: number }[] = [];
  readonly #parents: number[] = [];

  idOf(value: string, channel: number): number {
    const key = `${channel} ${value}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#names.push({ value, channel }) - 1;
    this.#parents.push(id);
    this.#ids.set(key, id);
    return id;
  }

  join(a: number, b: number): void {
    this.#parents[this.#root(a)] = this.#root(b);
  }

  families(
    fixed: ReadonlySet<number>,
    writers: ChannelFamily['writers'],
    readWeights: readonly { readonly id: number; readonly weight: number }[],
  ): readonly ChannelFamily[] {
    const fixedRoots = new Set([...fixed].map((id) => this.#root(id)));
    const byRoot = new Map<
      number,
      { members: ChannelFamily['members'][number][]; writers: (typeof writers)[number][]; dense: number | undefined }
    >();
    for (const writer of writers) {
      const root = this.#root(this.idOf(writer.value, writer.channel));
      if (fixedRoots.has(root)) continue;
      const family = byRoot.get(root) ?? { members: [], writers: [], dense: undefined };
      family.writers.push(writer);
      byRoot.set(root, family);
    }
    for (const [id, name] of this.#names.entries()) byRoot.get(this.#root(id))?.members.push(name);
    for (const { id, weight } of readWeights) {
      const family = byRoot.get(this.#root(id));
      if (family !== undefined) family.dense = Math.max(family.dense ?? 0, weight);
    }
    return [...byRoot.values()].map(({ members, writers: own, dense }) => ({
      members,
      writers: own,
      denseWeight: dense,
    }));
  }

  #root(id: number): number {
    let root = id;
    let parent = this.#parents[root];
    while (parent !== undefined && parent !== root) {
      root = parent;
      parent = this.#parents[root];
    }
    this.#parents[id] = root;
    return root;
  }
}
