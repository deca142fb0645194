import { ModelError } from '../../core/errors.ts';
import {
  type ActiveValue,
  type ConvertContext,
  identityOrder,
  onnxDims,
  unsupported,
  type Value,
} from './convert-context.ts';
import { OnnxGraphBuilder } from './onnx-graph.ts';
import { OP_TABLE } from './op-table.ts';
import { BATCH } from './shape-rules.ts';
import { shapeAttr } from './tf-attributes.ts';
import type { TfGraph, TfNode } from './tfjs-graph.ts';

export interface ConvertRequest {
  /** Name of the Placeholder. */
  readonly input: string;
  /** What stands for the Placeholder in ONNX; its spatial dimensions are the size that is built. */
  readonly inputValue: ActiveValue;
  /** Nodes wanted; only what they need is converted. */
  readonly wanted: readonly string[];
}

/**
 * Writes the ONNX form of what the wanted nodes need into `builder` and returns their values by name.
 *
 * The graph holds sizes of the input it was exported with; so it is first walked at that size, to learn the dimensions
 * there, and then at the size asked for.
 *
 * @throws ModelError `model_unsupported` names the node that cannot be converted
 */
export function convertGraph(
  graph: TfGraph,
  request: ConvertRequest,
  builder: OnnxGraphBuilder,
): ReadonlyMap<string, ActiveValue> {
  const placeholder = graph.nodes.get(request.input);
  if (placeholder === undefined) throw new ModelError('model_unsupported', `no node ${request.input}`);
  const [, ...exported] = shapeAttr(placeholder, 'shape');
  const dims = [BATCH, ...exported];
  const exportedInput: ActiveValue = { kind: 'active', name: request.input, dims, order: identityOrder(dims.length) };
  const atExport = walk(graph, request, exportedInput, { builder: new OnnxGraphBuilder(), exportedDims: undefined });
  const exportedDims = new Map<string, readonly number[]>();
  for (const [name, value] of atExport) if (value.kind === 'active') exportedDims.set(name, value.dims);

  const values = walk(graph, request, request.inputValue, { builder, exportedDims });
  return new Map(
    request.wanted.map((name) => {
      const value = values.get(name);
      if (value?.kind !== 'active') throw new ModelError('model_unsupported', `output ${name} is constant`);
      return [name, value];
    }),
  );
}

function walk(
  graph: TfGraph,
  request: ConvertRequest,
  inputValue: ActiveValue,
  context: ConvertContext,
): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>([[request.input, inputValue]]);
  for (const node of inRunningOrder(graph, request)) {
    const weight = graph.weights.get(node.name);
    if (weight !== undefined) {
      values.set(node.name, { kind: 'constant', name: node.name, tensor: weight });
      continue;
    }
    const convert = OP_TABLE.get(node.op);
    if (convert === undefined) throw unsupported(node, 'no such operator in the op table');
    const inputs = dataInputs(node).map((name) => {
      const value = values.get(name);
      if (value === undefined) throw unsupported(node, `input ${name} is not its node's first output`);
      return value;
    });
    const value = convert(node, inputs, context);
    if (value.kind === 'active') context.builder.describe(value.name, onnxDims(value));
    values.set(node.name, value);
  }
  return values;
}

/** Names of the nodes whose first outputs a node reads; a second output keeps its `:1` and is then not found. */
function dataInputs(node: TfNode): readonly string[] {
  return node.input.filter((name) => !name.startsWith('^')).map((name) => name.replace(/:0$/, ''));
}

/** The nodes the wanted ones need, each behind its inputs. Depth first with a stack of its own: graphs are deep. */
function inRunningOrder(graph: TfGraph, request: ConvertRequest): readonly TfNode[] {
  const order: TfNode[] = [];
  const done = new Set<string>([request.input]);
  const stack = [...request.wanted].reverse().map((name) => ({ name, expanded: false }));
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (done.has(top.name)) continue;
    const node = graph.nodes.get(top.name.replace(/:\d+$/, ''));
    if (node === undefined) throw new ModelError('model_unsupported', `no node ${top.name}`);
    if (top.expanded) {
      done.add(top.name);
      order.push(node);
      continue;
    }
    stack.push({ name: top.name, expanded: true });
    for (const name of [...dataInputs(node)].reverse()) if (!done.has(name)) stack.push({ name, expanded: false });
  }
  return order;
}
