import { z } from 'zod';
import { ModelError } from '../../core/errors.ts';
import { decodeFloat16 } from './float16.ts';
import { elementCount, float32, int64, type Tensor } from './tensor.ts';

/**
 * A TensorFlow.js graph model: `model.json` names the nodes (a frozen TensorFlow GraphDef as JSON) and lists the
 * weights in the order in which the binary file holds them.
 */
const attributeSchema = z.object({
  s: z.string().optional(),
  i: z.union([z.string(), z.number()]).optional(),
  f: z.number().optional(),
  b: z.boolean().optional(),
  type: z.string().optional(),
  list: z
    .object({
      i: z.array(z.union([z.string(), z.number()])).optional(),
      s: z.array(z.string()).optional(),
      f: z.array(z.number()).optional(),
    })
    .optional(),
  shape: z.object({ dim: z.array(z.object({ size: z.union([z.string(), z.number()]) })).optional() }).optional(),
});

const modelSchema = z.object({
  format: z.literal('graph-model'),
  modelTopology: z.object({
    node: z.array(
      z.object({
        name: z.string(),
        op: z.string(),
        input: z.array(z.string()).default([]),
        attr: z.record(z.string(), attributeSchema).default({}),
      }),
    ),
  }),
  weightsManifest: z.array(
    z.object({
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.number().int().nonnegative()),
          dtype: z.string(),
          quantization: z.object({ dtype: z.string() }).optional(),
        }),
      ),
    }),
  ),
});

export type TfAttribute = z.infer<typeof attributeSchema>;
export interface TfNode {
  readonly name: string;
  readonly op: string;
  /** `node` or `node:output`; a leading `^` marks an order of execution only. */
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, TfAttribute>>;
}
export interface TfGraph {
  readonly nodes: ReadonlyMap<string, TfNode>;
  readonly weights: ReadonlyMap<string, Tensor>;
}

/**
 * Reads a TensorFlow.js graph model.
 *
 * @param json text of `model.json`
 * @param weights the bytes of all weight files, joined in the manifest's order
 * @throws ModelError `model_source_invalid` where it is not such a model, or uses a weight type not known here
 */
export function readTfjsGraph(json: string, weights: Uint8Array): TfGraph {
  let parsed: z.infer<typeof modelSchema>;
  try {
    parsed = modelSchema.parse(JSON.parse(json));
  } catch (cause) {
    throw new ModelError('model_source_invalid', 'not a TensorFlow.js graph model', { cause });
  }
  const tensors = new Map<string, Tensor>();
  let offset = 0;
  for (const { name, shape, dtype, quantization } of parsed.weightsManifest.flatMap((group) => group.weights)) {
    const stored = quantization?.dtype ?? dtype;
    const byteLength = elementCount(shape) * bytesPerElement(name, stored);
    if (offset + byteLength > weights.byteLength) {
      throw new ModelError('model_source_invalid', `weights end before ${name}`);
    }
    tensors.set(name, decodeWeight(name, stored, shape, new Uint8Array(weights.subarray(offset, offset + byteLength))));
    offset += byteLength;
  }
  return { nodes: new Map(parsed.modelTopology.node.map((node) => [node.name, node])), weights: tensors };
}

function bytesPerElement(name: string, stored: string): number {
  if (stored === 'float32' || stored === 'int32') return 4;
  if (stored === 'float16') return 2;
  throw new ModelError('model_source_invalid', `weight ${name} is stored as ${stored}, not float32, float16 or int32`);
}

/** `bytes` has a buffer of its own: typed arrays of wider elements need them aligned. */
function decodeWeight(name: string, stored: string, shape: readonly number[], bytes: Uint8Array): Tensor {
  if (stored === 'float16') return float32(shape, decodeFloat16(bytes));
  if (stored === 'float32') return float32(shape, new Float32Array(bytes.buffer));
  if (stored === 'int32') return int64([...new Int32Array(bytes.buffer)], shape);
  throw new ModelError('model_source_invalid', `weight ${name} is stored as ${stored}`);
}
