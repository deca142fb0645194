/**
 * Which share of the demo scenes' true objects the default model finds:
 *
 *     node dist/loadtest/demo-recall.js [--size 320] [--frames 60] [--score 0.3] [--side 24] [--visible 0.6]
 *       [--models DIR] [--pictures DIR]
 *
 * Frames are 640x352, two seconds apart. An object counts if at least `--visible` of it is seen and its longer side
 * spans at least `--side` of the model's input pixels. It is found if a detection of score >= `--score` overlaps it with
 * IoU >= 0.5, each detection serving one object, best score first; once with the same label, once with any vehicle class
 * for a vehicle. `--pictures` writes the frames with truth (green where found, red where missed) and detections (blue).
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import type { Box, Detection } from '../core/detection.ts';
import { letterbox, unletterbox } from '../models/decode/letterbox.ts';
import { ensureModel } from '../models/import/ensure-model.ts';
import { SceneRenderer } from '../src/demo/render.ts';
import { type SceneObject, sceneNames } from '../src/demo/scene.ts';

const { values: flags } = parseArgs({
  options: {
    size: { type: 'string', default: '320' },
    frames: { type: 'string', default: '60' },
    score: { type: 'string', default: '0.3' },
    models: { type: 'string', default: join(tmpdir(), 'camshard-demo-models') },
    side: { type: 'string', default: '24' },
    visible: { type: 'string', default: '0.6' },
    pictures: { type: 'string' },
  },
});
const size = Number(flags.size);
const frames = Number(flags.frames);
const scoreMin = Number(flags.score);
const visibleMin = Number(flags.visible);
/** Smaller ones, in input pixels, are beyond the model; see docs/demo.md. */
const sideMin = Number(flags.side);
const frameSize = { width: 640, height: 352 };
const vehicles: ReadonlySet<string> = new Set(['car', 'bus', 'truck']);

interface Tally {
  objects: number;
  sameLabel: number;
  sameClass: number;
  /** Detections that overlap no object at all (IoU below 0.3 with each). */
  spurious: number;
  frames: number;
}

const model = await ensureModel({ dir: flags.models, name: 'centernet', size });
const session = await InferenceSession.create(model.path, { intraOpNumThreads: 1 });
const tallies = new Map<string, Tally>();
let shown = 0;
if (flags.pictures !== undefined) await mkdir(flags.pictures, { recursive: true });

for (const name of sceneNames) {
  const renderer = await SceneRenderer.open({ scene: name, ...frameSize, fps: 0.5, quality: 85 });
  for (let k = 0; k < frames; k += 1) {
    const { jpeg, truth } = await renderer.frame(k);
    const detections = await detect(jpeg);
    shown += truth.length;
    const counted = truth.filter(counts);
    const exact = match(counted, detections, (object, found) => object.label === found);
    const loose = match(counted, detections, (object, found) => kindOf(object.label) === kindOf(found));
    const spurious = detections.filter((one) => truth.every((object) => overlap(object.box, one.box) < 0.3)).length;
    for (const label of ['car', 'bus', 'truck', 'person']) {
      const of = (set: ReadonlySet<SceneObject>): number => [...set].filter((object) => object.label === label).length;
      add(`${name} ${label}`, {
        objects: of(new Set(counted)),
        sameLabel: of(exact),
        sameClass: of(loose),
        spurious: 0,
        frames: 1,
      });
    }
    const sums = { objects: counted.length, sameLabel: exact.size, sameClass: loose.size, spurious, frames: 1 };
    add(`${name} all`, sums);
    add('all', sums);
    if (flags.pictures !== undefined && k % 6 === 0) {
      await writeFile(join(flags.pictures, `${name}-${k}.jpg`), await drawn(jpeg, counted, loose, detections));
    }
  }
}

const table = new Table({
  style: { head: [], border: [] },
  head: ['objects', 'true', 'same label', 'same or vehicle class', 'spurious per frame'],
});
const everything = tallies.get('all');
tallies.delete('all');
if (everything !== undefined) tallies.set('all scenes, all', everything);
for (const [name, tally] of tallies) {
  if (tally.objects === 0) continue;
  const share = (n: number): string => `${((100 * n) / tally.objects).toFixed(0)} %`;
  const spurious = name.endsWith('all') ? (tally.spurious / tally.frames).toFixed(2) : '';
  table.push([name, tally.objects, share(tally.sameLabel), share(tally.sameClass), spurious]);
}
console.log(
  `centernet at ${size}, score >= ${scoreMin}, IoU >= 0.5, ${frames} frames a scene, objects >= ${sideMin} px of the input and ${100 * visibleMin} % seen`,
);
console.log(`counted: ${everything?.objects ?? 0} of ${shown} true objects, the others being smaller or more hidden`);
console.log(table.toString());

function add(key: string, part: Tally): void {
  const tally = tallies.get(key) ?? { objects: 0, sameLabel: 0, sameClass: 0, spurious: 0, frames: 0 };
  tally.objects += part.objects;
  tally.sameLabel += part.sameLabel;
  tally.sameClass += part.sameClass;
  tally.spurious += part.spurious;
  tally.frames += part.frames;
  tallies.set(key, tally);
}

function counts({ box, visible }: SceneObject): boolean {
  const scale = size / Math.max(frameSize.width, frameSize.height);
  const longer = Math.max((box[2] - box[0]) * frameSize.width, (box[3] - box[1]) * frameSize.height);
  return visible >= visibleMin && longer * scale >= sideMin;
}

function kindOf(label: string): string {
  return vehicles.has(label) ? 'vehicle' : label;
}

/** A plain decode and resize by sharp: what is measured here is artwork and weights, not the decoder. */
async function detect(jpeg: Buffer): Promise<Detection[]> {
  const fit = letterbox(frameSize.width, frameSize.height, size);
  const pixels = await sharp(jpeg)
    .resize(fit.scaledWidth, fit.scaledHeight, { fit: 'fill', kernel: 'linear' })
    .extend({
      left: fit.offsetX,
      right: size - fit.scaledWidth - fit.offsetX,
      top: fit.offsetY,
      bottom: size - fit.scaledHeight - fit.offsetY,
      background: 'black',
    })
    .raw()
    .toBuffer();
  const { boxes } = await session.run({ frames: new Tensor('uint8', new Uint8Array(pixels), [1, size, size, 3]) });
  if (boxes === undefined) throw new Error('the model gives no output named boxes');
  const rows = boxes.data as Float32Array;
  const found: Detection[] = [];
  for (let r = 0; r + 5 < rows.length; r += 6) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, score = 0, classId = 0] = rows.subarray(r, r + 6);
    if (score < scoreMin) continue;
    found.push({ label: model.labels[classId] ?? '?', classId, score, box: unletterbox([x1, y1, x2, y2], fit) });
  }
  return found;
}

/** The objects found: best detections first, each for the object it overlaps most. */
function match(
  objects: readonly SceneObject[],
  detections: readonly Detection[],
  fits: (object: SceneObject, label: string) => boolean,
): Set<SceneObject> {
  const found = new Set<SceneObject>();
  for (const { box, label } of [...detections].sort((a, b) => b.score - a.score)) {
    let best: { object: SceneObject; iou: number } | undefined;
    for (const object of objects) {
      if (found.has(object) || !fits(object, label)) continue;
      const iou = overlap(object.box, box);
      if (iou >= 0.5 && iou > (best?.iou ?? 0)) best = { object, iou };
    }
    if (best !== undefined) found.add(best.object);
  }
  return found;
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both);
}

function drawn(
  jpeg: Buffer,
  objects: readonly SceneObject[],
  found: ReadonlySet<SceneObject>,
  detections: readonly Detection[],
): Promise<Buffer> {
  const { width, height } = frameSize;
  const rect = (box: Box, colour: string, text: string): string =>
    `<rect x="${box[0] * width}" y="${box[1] * height}" width="${(box[2] - box[0]) * width}" height="${(box[3] - box[1]) * height}" fill="none" stroke="${colour}"/><text x="${box[0] * width + 2}" y="${box[1] * height + 10}" font-size="10" fill="${colour}">${text}</text>`;
  const truth = objects.map((object) => rect(object.box, found.has(object) ? 'lime' : 'red', ''));
  const seen = detections.map((one) => rect(one.box, 'cyan', `${one.label} ${one.score.toFixed(2)}`));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${truth.join('')}${seen.join('')}</svg>`;
  return sharp(jpeg)
    .composite([{ input: Buffer.from(svg) }])
    .jpeg({ quality: 90 })
    .toBuffer();
}
