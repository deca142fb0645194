import type { Tensor } from './tensor.ts';

/** An attribute of an ONNX node. A plain number is an INT where it is wrapped so, else a FLOAT; arrays are INTS. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string };

export interface OnnxNode {
  readonly opType: string;
  /** Names of values; `''` leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export type ElementType = 'float32' | 'float16' | 'uint8' | 'int8' | 'int32' | 'int64';

/** A value at the graph's border. A string dimension is symbolic, such as `batch`. */
export interface OnnxPort {
  readonly name: string;
  readonly elementType: ElementType;
  readonly dims: readonly (number | string)[];
}

/** A graph under construction: nodes in an order in which they can run. Rewrites replace it as a whole. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  /**
   * Dimensions of float32 values inside, as far as they are known. They are written into the file: ONNX Runtime keeps its fast
   * blocked layout across an element-wise operator only where it can see that both inputs have the same shape.
   */
  readonly shapes: ReadonlyMap<string, readonly (number | string)[]>;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/** Collects nodes and constants, and gives every value a name that is unique in the graph. */
export class OnnxGraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #shapes = new Map<string, readonly (number | string)[]>();
  readonly #taken = new Set<string>();
  readonly #inputs: OnnxPort[] = [];
  readonly #outputs: OnnxPort[] = [];

  /** Adds a node with one output and returns that output's name: `name` where it is still free. */
  add(
    name: string,
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    const output = this.#unique(name);
    this.#nodes.push({ opType, inputs, outputs: [output], attributes });
    return output;
  }

  /** Adds a node with several outputs, named `name`, `name:1`, ... */
  addMany(
    name: string,
    opType: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): readonly string[] {
    const outputs = Array.from({ length: outputCount }, (_, i) => this.#unique(i === 0 ? name : `${name}:${i}`));
    this.#nodes.push({ opType, inputs, outputs, attributes });
    return outputs;
  }

  constant(name: string, tensor: Tensor): string {
    const unique = this.#unique(name);
    this.#initializers.set(unique, tensor);
    return unique;
  }

  input(port: OnnxPort): string {
    this.#taken.add(port.name);
    this.#inputs.push(port);
    return port.name;
  }

  /** Notes the dimensions of a value. */
  describe(name: string, dims: readonly (number | string)[]): void {
    this.#shapes.set(name, dims);
  }

  output(port: OnnxPort): void {
    this.#outputs.push(port);
  }

  build(): OnnxGraph {
    return {
      nodes: [...this.#nodes],
      initializers: new Map(this.#initializers),
      shapes: new Map(this.#shapes),
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
    };
  }

  #unique(name: string): string {
    let candidate = name;
    for (let i = 2; this.#taken.has(candidate); i++) candidate = `${name}#${i}`;
    this.#taken.add(candidate);
    return candidate;
  }
}
