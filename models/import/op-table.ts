import type { OpConverter } from './convert-context.ts';
import { ACTIVATION_NAMES, convertActivation } from './ops-activation.ts';
import { convertConv2d, convertDepthwiseConv2d } from './ops-convolution.ts';
import { BINARY_OPS, convertBinary } from './ops-elementwise.ts';
import { convertConcat, convertIdentity, convertPad, convertResize, convertTranspose } from './ops-layout.ts';
import { convertAvgPool, convertMaxPool, convertMean } from './ops-pooling.ts';

/** Every TensorFlow operator the importer knows. A new model that needs another adds a row here. */
export const OP_TABLE: ReadonlyMap<string, OpConverter> = new Map<string, OpConverter>([
  ['Identity', convertIdentity],
  ['Conv2D', convertConv2d],
  ['_FusedConv2D', convertConv2d],
  ['DepthwiseConv2dNative', convertDepthwiseConv2d],
  ['FusedDepthwiseConv2dNative', convertDepthwiseConv2d],
  ['MaxPool', convertMaxPool],
  ['AvgPool', convertAvgPool],
  ['Mean', convertMean],
  ['ConcatV2', convertConcat],
  ['Transpose', convertTranspose],
  ['Pad', convertPad],
  ['PadV2', convertPad],
  ['ResizeBilinear', convertResize],
  ['ResizeNearestNeighbor', convertResize],
  ...Object.keys(BINARY_OPS).map((op): [string, OpConverter] => [op, convertBinary]),
  ...ACTIVATION_NAMES.map((op): [string, OpConverter] => [op, convertActivation]),
]);
