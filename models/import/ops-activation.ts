import {
  type ActiveValue,
  activeInput,
  type ConvertContext,
  type OpConverter,
  unsupported,
} from './convert-context.ts';
import type { OnnxAttribute } from './onnx-graph.ts';
import { float32 } from './tensor.ts';
import { floatAttr } from './tf-attributes.ts';
import type { TfNode } from './tfjs-graph.ts';

type Attributes = Readonly<Record<string, OnnxAttribute>>;

/** TensorFlow's name → ONNX operator and its attributes. */
const ACTIVATIONS: Readonly<Record<string, (node: TfNode) => { opType: string; attributes: Attributes }>> = {
  Relu: () => ({ opType: 'Relu', attributes: {} }),
  Sigmoid: () => ({ opType: 'Sigmoid', attributes: {} }),
  Tanh: () => ({ opType: 'Tanh', attributes: {} }),
  Elu: () => ({ opType: 'Elu', attributes: { alpha: { float: 1 } } }),
  LeakyRelu: (node) => ({
    opType: 'LeakyRelu',
    // A fused convolution calls the attribute `leakyrelu_alpha`. TensorFlow's default is 0.2, ONNX's 0.01.
    attributes: { alpha: { float: floatAttr(node, 'leakyrelu_alpha', floatAttr(node, 'alpha', 0.2)) } },
  }),
};

export const ACTIVATION_NAMES: readonly string[] = [...Object.keys(ACTIVATIONS), 'Relu6'];

/** Writes the activation `kind` behind `value`; `node` names it and holds its attributes. */
export function writeActivation(kind: string, node: TfNode, value: ActiveValue, context: ConvertContext): ActiveValue {
  if (kind === 'Relu6') {
    const low = context.builder.constant(`${node.name}/low`, float32([], [0]));
    const high = context.builder.constant(`${node.name}/high`, float32([], [6]));
    return { ...value, name: context.builder.add(node.name, 'Clip', [value.name, low, high]) };
  }
  const activation = ACTIVATIONS[kind]?.(node);
  if (activation === undefined) throw unsupported(node, `activation ${kind}`);
  return { ...value, name: context.builder.add(node.name, activation.opType, [value.name], activation.attributes) };
}

export const convertActivation: OpConverter = (node, inputs, context) =>
  writeActivation(node.op, node, activeInput(node, inputs, 0), context);
