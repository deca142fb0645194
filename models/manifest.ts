import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ModelError } from '../core/errors.ts';
import type { Precision } from './device/port.ts';

/** Version of the manifest's format. */
export const MANIFEST_SCHEMA_VERSION = 1;
export const MANIFEST_FILE = 'manifest.json';
/** What numbers a graph computes with. */
export const PRECISIONS = ['float32', 'float16', 'int8'] as const satisfies readonly Precision[];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hexadecimal');
/** Names become folder and file names, so they hold nothing that could leave the folder. */
const safeName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, ".", "_", "-"; at most 64');

const preprocessingSchema = z.object({
  colorOrder: z.enum(['rgb', 'bgr']),
  /** Values of a channel's darkest and brightest pixel as the graph takes them; it normalises by itself. */
  range: z.tuple([z.number(), z.number()]),
  /** The frame is scaled with its aspect kept and put at the centre of the input square. */
  letterbox: z.literal('centre'),
  /** Value 0..255 of every channel of the bars beside the frame. */
  padValue: z.number().int().min(0).max(255),
});

export const manifestSchema = z.object({
  schemaVersion: z.literal(MANIFEST_SCHEMA_VERSION),
  name: safeName,
  version: safeName,
  task: z.literal('detect'),
  /** Class names by class number. */
  labels: z.array(z.string().min(1)).min(1),
  /** Sides of the input squares in pixels, ascending. */
  inputSizes: z.array(z.number().int().positive()).min(1),
  files: z
    .array(
      z.object({
        size: z.number().int().positive(),
        // Manifests of before there was a choice say nothing.
        precision: z.enum(PRECISIONS).default('float32'),
        file: safeName,
        bytes: z.number().int().positive(),
        sha256,
      }),
    )
    .min(1),
  source: z.object({
    package: z.string(),
    version: z.string(),
    files: z.array(z.object({ path: z.string(), sha256 })),
  }),
  licence: z.string(),
  preprocessing: preprocessingSchema,
  /** uint8 `[batch, size, size, 3]`. */
  input: z.string(),
  /** float32 `[batch, detectionsMax, 6]`. */
  output: z.string(),
  detectionsMax: z.number().int().positive(),
  opset: z.number().int().positive(),
  /** Detections that score less are not reported unless a camera's settings say otherwise. */
  scoreThreshold: z.number().min(0).max(1),
  importerRevision: z.number().int().nonnegative(),
  /** How the graph of a model somebody added wrote its boxes before; absent of those built from packages. */
  layout: z.enum(['yolov8', 'yolov5', 'yolox', 'end2end', 'boxes']).exactOptional(),
});

export type Preprocessing = z.infer<typeof preprocessingSchema>;
export type ModelManifest = z.infer<typeof manifestSchema>;

/**
 * Reads the manifest of one model version.
 *
 * @returns `undefined` where the folder holds none
 * @throws ModelError `model_corrupt` where there is one but it is not valid
 */
export async function readManifest(folder: string): Promise<ModelManifest | undefined> {
  const path = join(folder, MANIFEST_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ModelError('model_corrupt', `${path} is not a model manifest`, { cause });
  }
}
