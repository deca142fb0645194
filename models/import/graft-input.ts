import { NCHW } from './convert-context.ts';
import type { OnnxGraphBuilder } from './onnx-graph.ts';
import { float32, int64 } from './tensor.ts';
import { ELEMENT_TYPE } from './write-onnx.ts';

/** What a network wants its picture to be. */
export interface WantedPicture {
  readonly colorOrder: 'rgb' | 'bgr';
  /** What 255 becomes: 1, or 255 where the network takes plain values. */
  readonly white: number;
  readonly elementType: 'float32' | 'float16';
}

/**
 * Appends what turns pixels `[batch, size, size, 3]` (uint8, RGB) into the planes `[batch, 3, size, size]` a network was
 * trained on, and returns that value:
 *
 *     frames (u8) ► Transpose ► [Gather 2,1,0: BGR] ► Cast to f32 ► [Mul white / 255] ► [Cast to f16]
 *
 * Transposed as bytes: a quarter of the memory traffic of floats.
 */
export function appendInput(builder: OnnxGraphBuilder, frames: string, prefix: string, wanted: WantedPicture): string {
  let value = builder.add(`${prefix}planes`, 'Transpose', [frames], { perm: { ints: [...NCHW] } });
  if (wanted.colorOrder === 'bgr') {
    const order = builder.constant(`${prefix}bgr`, int64([2, 1, 0]));
    value = builder.add(`${prefix}bgr_planes`, 'Gather', [value, order], { axis: { int: 1 } });
  }
  value = builder.add(`${prefix}pixels`, 'Cast', [value], { to: { int: ELEMENT_TYPE.float32 } });
  if (wanted.white !== 255) {
    const share = builder.constant(`${prefix}share`, float32([], [wanted.white / 255]));
    value = builder.add(`${prefix}scaled`, 'Mul', [value, share]);
  }
  if (wanted.elementType === 'float32') return value;
  return builder.add(`${prefix}half`, 'Cast', [value], { to: { int: ELEMENT_TYPE.float16 } });
}
