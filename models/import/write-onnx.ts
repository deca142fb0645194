import { createRequire } from 'node:module';
import type * as OnnxProto from 'onnx-proto';
import type { ElementType, OnnxAttribute, OnnxGraph, OnnxPort } from './onnx-graph.ts';
import type { Tensor } from './tensor.ts';

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
    graph: {
      name: graphName,
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
    },
  });
  return onnx.ModelProto.encode(model).finish();
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
