import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from './swarm/pacing.ts';

/**
 * Sets of JPEG frames to send. By default they are made here, from a seed: a street of textured houses, sky, road and
 * moving boxes, with as much grain as gives the wanted size, because decoding costs by bytes as well as by pixels.
 * They are load, not something to detect; a folder of frames of real footage replaces them (`--frames DIR`).
 */
export interface FrameSetSpec {
  readonly width: number;
  readonly height: number;
  /** Mean bytes of a frame, reached within about a tenth. */
  readonly bytes: number;
  readonly count: number;
  readonly seed: number;
}

/** What the figures are stated for: 640x352 of about 60 KB. */
export const FRAMES_60K: FrameSetSpec = { width: 640, height: 352, bytes: 60_000, count: 48, seed: 1 };
export const FRAMES_20K: FrameSetSpec = { width: 640, height: 352, bytes: 20_000, count: 48, seed: 1 };
export const FRAMES_4K: FrameSetSpec = { width: 320, height: 176, bytes: 4_000, count: 16, seed: 1 };

/** The set a name on a command line stands for. */
export const FRAME_SETS: Readonly<Record<string, FrameSetSpec>> = {
  '60k': FRAMES_60K,
  '20k': FRAMES_20K,
  '4k': FRAMES_4K,
};

/** Changes whenever the picture below does, so that an old cache is not taken for a new one. */
const GENERATOR_VERSION = 1;

/**
 * The frames of `source`: a folder, or the name of a set (`60k`, `20k`, `4k`).
 * @throws Error where the folder holds no JPEG.
 */
export async function loadFrames(source: string): Promise<readonly Buffer[]> {
  const spec = FRAME_SETS[source];
  return readFrames(spec === undefined ? source : await makeFrames(spec));
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

/** Makes the set where the temporary folder has it not yet, and returns its folder. */
export async function makeFrames(spec: FrameSetSpec): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify({ GENERATOR_VERSION, ...spec }))
    .digest('hex')
    .slice(0, 12);
  const dir = join(tmpdir(), `camshard-frames-${spec.width}x${spec.height}-${Math.round(spec.bytes / 1000)}k-${key}`);
  if ((await readdir(dir).catch(() => [])).length === spec.count) return dir;
  const building = `${dir}.${process.pid}`;
  await mkdir(building, { recursive: true });
  for (const [i, jpeg] of (await renderFrames(spec)).entries()) {
    await writeFile(join(building, `${String(i).padStart(4, '0')}.jpg`), jpeg);
  }
  try {
    await rename(building, dir);
  } catch {
    await rm(building, { recursive: true, force: true }); // another process was first, with the same bytes
  }
  return dir;
}

async function renderFrames(spec: FrameSetSpec): Promise<readonly Buffer[]> {
  const scene = new Scene(spec);
  const raws = Array.from({ length: spec.count }, (_, i) => scene.frame(i));
  const encode = (raw: Buffer, quality: number): Promise<Buffer> =>
    sharp(raw, { raw: { width: spec.width, height: spec.height, channels: 3 } })
      .jpeg({ quality, chromaSubsampling: '4:2:0' })
      .toBuffer();
  // Bytes grow with quality: the lowest that reaches the wanted size on the first frame serves all.
  let low = 5;
  let high = 97;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((await encode(raws[0] ?? Buffer.alloc(0), middle)).byteLength >= spec.bytes) high = middle;
    else low = middle + 1;
  }
  return Promise.all(raws.map((raw) => encode(raw, low)));
}

interface Mover {
  readonly colour: readonly [number, number, number];
  readonly width: number;
  readonly height: number;
  readonly lane: number;
  readonly phase: number;
  readonly speed: number;
}

/** A street seen from the side; the background is fixed, boxes move along three lanes, grain changes each frame. */
class Scene {
  readonly #spec: FrameSetSpec;
  readonly #background: Float32Array;
  readonly #movers: readonly Mover[];

  constructor(spec: FrameSetSpec) {
    this.#spec = spec;
    const random = seededRandom(spec.seed);
    this.#background = drawBackground(spec, random);
    this.#movers = Array.from({ length: 7 }, (_, i) => ({
      colour: [60 + random() * 180, 50 + random() * 170, 50 + random() * 180] as const,
      width: spec.width * (0.07 + random() * 0.08),
      height: spec.height * (0.06 + random() * 0.06),
      lane: 0.62 + (i % 3) * 0.12,
      phase: random(),
      speed: (i % 2 === 0 ? 1 : -1) * (0.006 + random() * 0.01),
    }));
  }

  frame(index: number): Buffer {
    const { width, height, seed } = this.#spec;
    const grain = seededRandom(seed * 7_919 + index + 1);
    const pixels = Float32Array.from(this.#background);
    for (const mover of this.#movers) this.#drawMover(pixels, mover, index);
    const out = Buffer.alloc(width * height * 3);
    for (let i = 0; i < width * height; i++) {
      const noise = (grain() + grain() - 1) * 14; // as a sensor's at dusk: the same in all channels
      for (let c = 0; c < 3; c++) out[i * 3 + c] = Math.max(0, Math.min(255, (pixels[i * 3 + c] ?? 0) + noise));
    }
    return out;
  }

  #drawMover(pixels: Float32Array, mover: Mover, index: number): void {
    const { width, height } = this.#spec;
    const along = (((mover.phase + mover.speed * index) % 1) + 1) % 1;
    const left = Math.round(along * (width + mover.width) - mover.width);
    const top = Math.round(mover.lane * height - mover.height);
    for (let y = top; y < top + mover.height; y++) {
      for (let x = Math.max(0, left); x < Math.min(width, left + mover.width); x++) {
        const u = (x - left) / mover.width;
        const v = (y - top) / mover.height;
        const dark = (v < 0.45 && u > 0.2 && u < 0.8) || v > 0.85 ? 0.25 : 1 - v * 0.4; // windows and wheels
        for (let c = 0; c < 3; c++) pixels[(y * width + x) * 3 + c] = (mover.colour[c] ?? 0) * dark;
      }
    }
  }
}

function drawBackground(spec: FrameSetSpec, random: () => number): Float32Array {
  const { width, height } = spec;
  const noise = valueNoise(random);
  const houses = Array.from({ length: 9 }, () => ({
    top: 0.1 + random() * 0.25,
    colour: [110 + random() * 90, 90 + random() * 80, 70 + random() * 80] as const,
    window: 0.011 + random() * 0.008,
  }));
  const pixels = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = x / width;
      const v = y / height;
      const house = houses[Math.floor(u * houses.length)];
      let colour: readonly [number, number, number];
      if (v > 0.55) {
        const grey = 80 + v * 40 + noise(u * 180, v * 180) * 30;
        const line = Math.abs(v - 0.74) < 0.006 && Math.floor(u * 24) % 2 === 0;
        colour = line ? [220, 220, 205] : [grey, grey, grey + 6];
      } else if (house !== undefined && v > house.top) {
        const brick = noise(u * 260, v * 140) * 46 + noise(u * 30, v * 30) * 24 - 30;
        const pane = Math.floor(u / house.window) % 3 === 1 && Math.floor(v / 0.035) % 2 === 1;
        const shade = pane ? 0.35 : 1;
        colour = [
          house.colour[0] * shade + brick,
          house.colour[1] * shade + brick,
          house.colour[2] * shade + brick * 0.8,
        ];
      } else {
        const cloud = noise(u * 9, v * 14) * 40;
        colour = [150 + cloud, 180 + cloud * 0.7, 215 + cloud * 0.3];
      }
      pixels.set(colour, (y * width + x) * 3);
    }
  }
  return pixels;
}

/** Smooth noise 0..1 over a lattice of 256x256 random values, interpolated linearly. */
function valueNoise(random: () => number): (x: number, y: number) => number {
  const lattice = Float32Array.from({ length: 65_536 }, random);
  const at = (x: number, y: number): number => lattice[((y & 255) << 8) | (x & 255)] ?? 0;
  return (x, y) => {
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const fx = x - x0;
    const fy = y - y0;
    const upper = at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx;
    const lower = at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx;
    return upper * (1 - fy) + lower * fy;
  };
}
