import { describe, expect, it } from 'vitest';
import { errorCode } from '../../../../core/errors.ts';
import { readTfjsGraph } from '../../../../models/import/tfjs-graph.ts';

const weightsManifest = [
  {
    weights: [
      { name: 'half', shape: [3], dtype: 'float32', quantization: { dtype: 'float16', original_dtype: 'float32' } },
      { name: 'whole', shape: [], dtype: 'int32' },
      { name: 'full', shape: [1, 1], dtype: 'float32' },
    ],
  },
];
const model = { format: 'graph-model', modelTopology: { node: [{ name: 'x', op: 'Placeholder' }] }, weightsManifest };
const bytes = Uint8Array.of(0, 0x3c, 0, 0x40, 0, 0xc0, 7, 0, 0, 0, 0, 0, 0xc0, 0x3f);

const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return errorCode(error);
  }
  return 'none';
};

describe('a TensorFlow.js graph model', () => {
  it('is read with weights of every kind, wherever they begin in the file', () => {
    const { weights, nodes } = readTfjsGraph(JSON.stringify(model), bytes);
    expect([...(weights.get('half')?.data ?? [])]).toEqual([1, 2, -2]);
    expect(weights.get('whole')).toEqual({ dtype: 'int64', dims: [], data: [7] });
    expect([...(weights.get('full')?.data ?? [])]).toEqual([1.5]);
    expect(nodes.get('x')).toEqual({ name: 'x', op: 'Placeholder', input: [], attr: {} });
  });

  it('is refused where its weights end too early', () => {
    expect(codeOf(() => readTfjsGraph(JSON.stringify(model), bytes.subarray(0, 12)))).toBe('model_source_invalid');
  });

  it('is refused where it is another format, or not JSON', () => {
    expect(codeOf(() => readTfjsGraph(JSON.stringify({ ...model, format: 'layers-model' }), bytes))).toBe(
      'model_source_invalid',
    );
    expect(codeOf(() => readTfjsGraph('not json', bytes))).toBe('model_source_invalid');
  });

  it('is refused where a weight is stored in a way not known', () => {
    const odd = [{ weights: [{ name: 'q', shape: [1], dtype: 'float32', quantization: { dtype: 'uint8' } }] }];
    expect(codeOf(() => readTfjsGraph(JSON.stringify({ ...model, weightsManifest: odd }), bytes))).toBe(
      'model_source_invalid',
    );
  });
});
