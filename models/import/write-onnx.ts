import { createRequire } from 'node:module';
import type * as OnnxProto from 'onnx-proto';
import type { ElementType, OnnxAttribute, OnnxGraph, OnnxPort } from './onnx-graph.ts';
import type { Tensor } from './tensor.ts';
import { delimited, joined } from './wire-fields.ts';

// onnx-proto is CommonJS whose named exports Node cannot see from ESM.
const { onnx } = createRequire(import.meta.url)('onnx-proto') as typeof OnnxProto;

/** Operator set of every graph written: 18 is the first with `axes` of reductions as inputs, and ONNX Runtime 1.14+ runs it. */
export const OPSET = 18;
/** ONNX intermediate representation 8, the one opset 18 came with. */
const IR_VERSION = 8;

export const ELEMENT_TYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  float16: 10,
} as const satisfies Record<ElementType, number>;
/** Numbers of fields (onnx.proto3). */
const NODE_ATTRIBUTE = 5;
const ATTRIBUTE_GRAPH = 6;
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

/**
 * Serialises a graph as an ONNX `ModelProto`. The same graph gives the same bytes.
 *
 * @param producer name and version of what built the graph, kept in the file.
 */
export function encodeOnnx(
  graph: OnnxGraph,
  graphName: string,
  producer: { name: string; version: string },
): Uint8Array {
  const model = onnx.ModelProto.create({
    irVersion: IR_VERSION,
    producerName: producer.name,
    producerVersion: producer.version,
    opsetImport: [{ domain: '', version: OPSET }],
    graph: { name: graphName, ...graphProto(graph) },
  });
  return onnx.ModelProto.encode(model).finish();
}

/**
 * A graph as the bytes of a `GraphProto` without a name. Protocol buffers are merged by writing one behind the other, so
 * parts of a graph can be put before and behind the bytes of another one.
 */
export function encodeGraphPart(graph: OnnxGraph): Uint8Array {
  return onnx.GraphProto.encode(onnx.GraphProto.create(graphProto(graph))).finish();
}

/**
 * A node that runs a graph over the first axis of `input`, one entry after the other, and puts what it gives together as
 * `output`; the graph, as bytes, has one input and one output, without that axis.
 */
export function encodeScanNode(input: string, output: string, body: Uint8Array): Uint8Array {
  const node = onnx.NodeProto.create({
    name: output,
    opType: 'Scan',
    input: [input],
    output: [output],
    attribute: [attributeProto('num_scan_inputs', { int: 1 })],
  });
  const bodyAttribute = onnx.AttributeProto.encode(
    onnx.AttributeProto.create({ name: 'body', type: onnx.AttributeProto.AttributeType.GRAPH }),
  ).finish();
  return joined([
    onnx.NodeProto.encode(node).finish(),
    delimited(NODE_ATTRIBUTE, joined([bodyAttribute, delimited(ATTRIBUTE_GRAPH, body)])),
  ]);
}

function graphProto(graph: OnnxGraph): OnnxProto.onnx.IGraphProto {
  return {
    node: graph.nodes.map((node) => ({
      name: node.outputs[0] ?? '',
      opType: node.opType,
      input: [...node.inputs],
      output: [...node.outputs],
      attribute: Object.entries(node.attributes).map(([name, value]) => attributeProto(name, value)),
    })),
    initializer: [...graph.initializers].map(([name, tensor]) => tensorProto(name, tensor)),
    input: graph.inputs.map(valueInfo),
    output: graph.outputs.map(valueInfo),
    valueInfo: [...graph.shapes].map(([name, dims]) => valueInfo({ name, elementType: 'float32', dims })),
  };
}

function attributeProto(name: string, value: OnnxAttribute): OnnxProto.onnx.IAttributeProto {
  if ('int' in value) return { name, type: ATTRIBUTE_TYPE.int, i: value.int };
  if ('float' in value) return { name, type: ATTRIBUTE_TYPE.float, f: value.float };
  if ('ints' in value) return { name, type: ATTRIBUTE_TYPE.ints, ints: [...value.ints] };
  return { name, type: ATTRIBUTE_TYPE.string, s: new TextEncoder().encode(value.string) };
}

function tensorProto(name: string, tensor: Tensor): OnnxProto.onnx.ITensorProto {
  return { name, dims: [...tensor.dims], dataType: ELEMENT_TYPE[tensor.dtype], rawData: littleEndianBytes(tensor) };
}

function littleEndianBytes(tensor: Tensor): Uint8Array {
  if (tensor.dtype === 'int64') return new Uint8Array(BigInt64Array.from(tensor.data, BigInt).buffer);
  // Typed arrays have the machine's byte order; Node runs on little-endian machines only.
  return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
}

function valueInfo(port: OnnxPort): OnnxProto.onnx.IValueInfoProto {
  return {
    name: port.name,
    type: {
      tensorType: {
        elemType: ELEMENT_TYPE[port.elementType],
        shape: { dim: port.dims.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })) },
      },
    },
  };
}
