import { BOXES_PER_FRAME } from '../../config/limits.ts';
import type { Detection } from '../../core/detection.ts';
import { type ImageHeader, uprightSize } from '../../core/frame.ts';
import { letterbox, unletterbox } from '../decode/letterbox.ts';

/**
 * One frame's detections out of a batch's boxes `[count, 100, 6]`.
 *
 * @param index the frame's place in the batch.
 * @param scoreThreshold rows come best first, so reading ends at the first below it.
 * @returns boxes as shares 0..1 of the upright original picture.
 */
export function readDetections(
  boxes: Float32Array,
  index: number,
  header: ImageHeader,
  inputSize: number,
  labels: readonly string[],
  scoreThreshold: number,
): Detection[] {
  const { width, height } = uprightSize(header);
  const fit = letterbox(width, height, inputSize);
  const detections: Detection[] = [];
  const end = (index + 1) * BOXES_PER_FRAME * 6;
  for (let at = index * BOXES_PER_FRAME * 6; at < end; at += 6) {
    const score = boxes[at + 4] ?? 0;
    if (score < scoreThreshold || score <= 0) break;
    const classId = boxes[at + 5] ?? 0;
    detections.push({
      label: labels[classId] ?? `class ${classId}`,
      classId,
      // Three decimals of a score and four of a box (a tenth of a pixel at 1000) halve the answer's JSON.
      score: round(score, 1_000),
      box: roundBox(unletterbox([boxes[at] ?? 0, boxes[at + 1] ?? 0, boxes[at + 2] ?? 0, boxes[at + 3] ?? 0], fit)),
    });
  }
  return detections;
}

const round = (value: number, scale: number): number => Math.round(value * scale) / scale;
const roundBox = (box: Detection['box']): Detection['box'] => [
  round(box[0], 10_000),
  round(box[1], 10_000),
  round(box[2], 10_000),
  round(box[3], 10_000),
];
