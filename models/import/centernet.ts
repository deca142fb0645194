import { BOXES_PER_FRAME } from '../../config/limits.ts';
import type { Precision } from '../device/port.ts';
import { readCalibration } from './calibration.ts';
import { COCO_LABELS } from './coco-labels.ts';
import { type ActiveValue, NCHW, onnxDims } from './convert-context.ts';
import { convertGraph } from './convert-graph.ts';
import { appendCenterHead } from './detection-head.ts';
import { type ImportableModel, INPUT_NAME, OUTPUT_NAME } from './importable-model.ts';
import { type OnnxGraph, OnnxGraphBuilder } from './onnx-graph.ts';
import { CPU_REWRITES, optimiseGraph, type Rewrite } from './optimise-graph.ts';
import { type Calibration, calibrated } from './quantise-recipe.ts';
import { rewriteHardGates } from './rewrite-hard-gates.ts';
import { BATCH } from './shape-rules.ts';
import type { TfGraph } from './tfjs-graph.ts';
import { toFloat16 } from './to-float16.ts';

/** Class scores before the sigmoid, and box distances in input pixels. */
export const CENTERNET_LOGITS = 'tower_0/CenternetHead/centernet_cls_output/BiasAdd';
export const CENTERNET_DISTANCES = 'tower_0/wh';
/** The same distances as the network's last convolution writes them, a sixteenth. */
const CENTERNET_SMALL_DISTANCES = 'tower_0/CenternetHead/centernet_wh_output/BiasAdd';
/** Input pixels per cell of the maps. */
const STRIDE = 4;

/** CenterNet on MobileNetV3, COCO's 80 classes (github.com/610265158/mobilenetv3_centernet, converted by V. Mandic). */
export const centernet: ImportableModel = {
  name: 'centernet',
  task: 'detect',
  labels: COCO_LABELS,
  inputSizes: [224, 320, 416, 512],
  precisions: ['float32', 'float16', 'int8'],
  source: {
    package: '@vladmandic/human',
    version: '3.3.6',
    graph: {
      path: 'models/centernet.json',
      sha256: 'bfb942eaacc5becf738d536663bc4580a0ae9e560722306e6d4dd7fe4a09de05',
    },
    weights: {
      path: 'models/centernet.bin',
      sha256: '1b635a15009071f506f9f2b3519b31c072c534888989f30d269ffd44734ef7ef',
    },
  },
  licence: 'MIT',
  preprocessing: { colorOrder: 'rgb', range: [0, 255], letterbox: 'centre', padValue: 0 },
  scoreThreshold: 0.3,
  build: (graph, size, precision) => CENTERNET_BUILDERS[precision](graph, size),
};

const CENTERNET_BUILDERS: Readonly<Record<Precision, (graph: TfGraph, size: number) => OnnxGraph>> = {
  float32: (graph, size) => buildCenternet(graph, size),
  float16: buildCenternetFloat16,
  int8: (graph, size) => buildCenternetInt8(graph, size, readCalibration('centernet')),
};

/** The detector for GPUs: none of the rewrites, which serve the layout of ONNX Runtime's CPU kernels. */
export function buildCenternetFloat16(graph: TfGraph, size: number): OnnxGraph {
  return toFloat16(buildCenternet(graph, size, [], []), [CENTERNET_LOGITS, CENTERNET_SMALL_DISTANCES]);
}

/** What calibration observes and {@link buildCenternetInt8} quantises. */
export function buildCenternetForCalibration(graph: TfGraph, size: number): OnnxGraph {
  return buildCenternet(graph, size, [], [rewriteHardGates]);
}

/** The detector with most of its convolutions in integers. */
export function buildCenternetInt8(graph: TfGraph, size: number, calibration: Calibration): OnnxGraph {
  return calibrated(buildCenternetForCalibration(graph, size), calibration);
}

/**
 * The detector at one input size. `cuts` are TensorFlow nodes whose values become further outputs, as the tests want
 * them: each under its own name, in NCHW.
 */
export function buildCenternet(
  graph: TfGraph,
  size: number,
  cuts: readonly string[] = [],
  rewrites: readonly Rewrite[] = CPU_REWRITES,
): OnnxGraph {
  const builder = new OnnxGraphBuilder();
  const frames = builder.input({ name: INPUT_NAME, elementType: 'uint8', dims: ['batch', size, size, 3] });
  // Transposed as bytes: a quarter of the memory traffic of floats.
  const planes = builder.add('input/planes', 'Transpose', [frames], { perm: { ints: [...NCHW] } });
  const pixels = builder.add('input/pixels', 'Cast', [planes], { to: { int: 1 } });
  const inputValue: ActiveValue = { kind: 'active', name: pixels, dims: [BATCH, size, size, 3], order: NCHW };
  const wanted = [CENTERNET_LOGITS, CENTERNET_DISTANCES, ...cuts];
  const values = convertGraph(graph, { input: 'tower_0/images', inputValue, wanted }, builder);
  appendCenterHead(builder, {
    logits: values.get(CENTERNET_LOGITS)?.name ?? '',
    distances: values.get(CENTERNET_DISTANCES)?.name ?? '',
    classes: COCO_LABELS.length,
    rows: size / STRIDE,
    columns: size / STRIDE,
    stride: STRIDE,
    size,
  });
  builder.output({ name: OUTPUT_NAME, elementType: 'float32', dims: ['batch', BOXES_PER_FRAME, 6] });
  for (const cut of cuts) {
    const value = values.get(cut);
    if (value === undefined) continue;
    // A node that only passes a value on is not written, so its name may still be free.
    const name = value.name === cut ? cut : builder.add(cut, 'Identity', [value.name]);
    builder.output({ name, elementType: 'float32', dims: onnxDims(value) });
  }
  return optimiseGraph(builder.build(), rewrites);
}
