import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { sceneNames } from '../src/demo/art.ts';
import { renderClip } from '../src/demo/render.ts';

/**
 * Sets of JPEG frames to send. By default they are the demo cameras' street scenes, with as much sensor noise as makes
 * them as large as a real camera's, because decoding costs by bytes as well as by pixels. A folder of frames of real
 * footage replaces them (`--frames DIR`).
 */
export interface FrameSetSpec {
  readonly width: number;
  readonly height: number;
  /** JPEG quality, and standard deviation of the noise in grey levels: together they give the size. */
  readonly quality: number;
  readonly noise: number;
  /** Frames of each scene; half a second of the scene's time lies between two. */
  readonly perScene: number;
}

/** By the names command lines use for them; the name is the mean size of a frame, measured, within a twentieth. */
export const FRAME_SETS = {
  /** What the project's figures are stated for: 640x352 of about 60 KB. */
  '60k': { width: 640, height: 352, quality: 87, noise: 5, perScene: 12 },
  '20k': { width: 640, height: 352, quality: 48, noise: 0, perScene: 12 },
  '4k': { width: 320, height: 176, quality: 22, noise: 0, perScene: 4 },
} as const satisfies Readonly<Record<string, FrameSetSpec>>;

const specOf = (name: string): FrameSetSpec | undefined => (FRAME_SETS as Readonly<Record<string, FrameSetSpec>>)[name];

/**
 * The folder of `source`: itself, or where the set of that name (`60k`, `20k`, `4k`) lies, made where it does not yet.
 */
export async function framesFolder(source: string): Promise<string> {
  const spec = specOf(source);
  return spec === undefined ? source : makeFrames(source, spec);
}

/** The frames of a folder or of a set by name, at most `max`. @throws Error where there is none. */
export async function loadFrames(source: string, max?: number): Promise<readonly Buffer[]> {
  return readFrames(await framesFolder(source), max);
}

/**
 * Every `.jpg` and `.jpeg` of `dir`, in order of name, at most `max`.
 * @throws Error where there is none.
 */
export async function readFrames(dir: string, max = 1_000): Promise<readonly Buffer[]> {
  const names = (await readdir(dir)).filter((name) => /\.jpe?g$/i.test(name)).sort();
  if (names.length === 0) throw new Error(`${dir}: no .jpg or .jpeg in it`);
  return Promise.all(names.slice(0, max).map((name) => readFile(join(dir, name))));
}

/** The pictures as a camera sends them that is asked for this width, as JPEG of quality 85; aspect kept. */
export function narrowed(pictures: readonly Buffer[], width: number): Promise<readonly Buffer[]> {
  return Promise.all(pictures.map((picture) => sharp(picture).resize({ width }).jpeg({ quality: 85 }).toBuffer()));
}

/** What was sent, for a report: how many different frames, and their mean size. Their folder is nobody's business. */
export function describeFrames(source: string, frames: readonly Buffer[]): string {
  const mean = frames.reduce((sum, f) => sum + f.byteLength, 0) / frames.length / 1000;
  const what = specOf(source) === undefined ? 'frames of a folder' : `frames of the demo scenes (\`${source}\`)`;
  return `${frames.length} ${what} of ${mean.toFixed(1)} KB on average`;
}

/** Makes the set where the temporary folder has it not yet, and returns its folder. */
async function makeFrames(name: string, spec: FrameSetSpec): Promise<string> {
  const dir = join(tmpdir(), `camshard-frames-${name}-${await fingerprint(spec)}`);
  const present = await readdir(dir).catch(() => []);
  if (present.length === spec.perScene * sceneNames.length) return dir;
  const building = `${dir}.${process.pid}`;
  await mkdir(building, { recursive: true });
  for (const scene of sceneNames) {
    let i = 0;
    for await (const { jpeg } of renderClip({ ...spec, scene, fps: 2, frames: spec.perScene })) {
      await writeFile(join(building, `${scene}-${String(i++).padStart(3, '0')}.jpg`), jpeg);
    }
  }
  try {
    await rename(building, dir);
  } catch {
    await rm(building, { recursive: true, force: true }); // another process was first, with the same bytes
  }
  return dir;
}

/** Of the spec and of one drawn frame: other artwork or another renderer makes another folder, not a stale one. */
async function fingerprint(spec: FrameSetSpec): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(spec));
  for await (const { jpeg } of renderClip({ ...spec, scene: sceneNames[0], frames: 1 })) hash.update(jpeg);
  return hash.digest('hex').slice(0, 12);
}
