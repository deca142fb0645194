import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import type { ImageHeader } from '../core/frame.ts';
import { parseJpegHeader } from '../core/image-header.ts';
import { createDecoder, type Decoder } from '../models/decode/decoder.ts';
import { loadFrames } from './frames.ts';

/**
 * What decoding one frame into its slot costs, against sharp doing all of it: CPU of the whole process, CPU of the
 * event loop's own thread, and wall time, one frame after the other. Repeats of both are interleaved, so that whatever else
 * runs on the machine meets both alike; the table shows medians.
 *
 *     node dist/loadtest/decode-bench.js [--frames DIR] [--repeats N] [--size N]
 */

const PAD = 0;
const FRAMES_PER_CASE = 16;

interface Cost {
  readonly cpuMs: number;
  readonly loopMs: number;
  readonly wallMs: number;
}

interface BenchCase {
  readonly name: string;
  /** `undefined` takes the frames as they are. */
  readonly resizeTo: { readonly width: number; readonly height: number } | undefined;
  readonly runs: number;
}

const CASES: readonly BenchCase[] = [
  { name: '320x176', resizeTo: { width: 320, height: 176 }, runs: 120 },
  { name: '640x352 (as given)', resizeTo: undefined, runs: 80 },
  { name: '1280x720', resizeTo: { width: 1280, height: 720 }, runs: 32 },
  { name: '1920x1080', resizeTo: { width: 1920, height: 1080 }, runs: 16 },
];

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '60k' },
    repeats: { type: 'string', default: '5' },
    size: { type: 'string', default: '320' },
  },
});
await main(values.frames, Math.max(3, Number(values.repeats)), Number(values.size));

async function main(source: string, repeats: number, size: number): Promise<void> {
  const given = (await loadFrames(source)).slice(0, FRAMES_PER_CASE);
  const decoder = createDecoder({ padValue: PAD, concurrencyMax: 4, scratchBytesMax: 64 * 1024 * 1024 });
  const rows: Record<string, string | number>[] = [];
  for (const bench of CASES) rows.push(...(await measureCase(bench, given, decoder, repeats, size)));
  await decoder.close();
  const day = new Date().toISOString().slice(0, 10);
  console.log(
    `decode-bench ${day}: slot ${size}x${size}, frames ${source}, medians of ${repeats} interleaved repeats,`,
  );
  console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}\n`);
  console.log('| picture | KB | way | CPU ms | event loop CPU ms | wall ms |');
  console.log('|---|---|---|---|---|---|');
  for (const row of rows) console.log(`| ${Object.values(row).join(' | ')} |`);
}

async function measureCase(
  bench: BenchCase,
  given: readonly Buffer[],
  decoder: Decoder,
  repeats: number,
  size: number,
): Promise<Record<string, string | number>[]> {
  const to = bench.resizeTo;
  const jpegs =
    to === undefined
      ? given
      : await Promise.all(
          given.map((bytes) =>
            sharp(bytes).resize(to.width, to.height, { fit: 'fill' }).jpeg({ quality: 82 }).toBuffer(),
          ),
        );
  const frames = jpegs.map((bytes) => ({ bytes, header: headerOf(bytes) }));
  const slot = new Uint8Array(size * size * 3);
  let way = '';
  const ours = async (i: number): Promise<void> => {
    const frame = frames[i % frames.length];
    if (frame !== undefined) way = (await decoder.decodeInto(frame, slot, size)).way;
  };
  const plain = async (i: number): Promise<void> => {
    const frame = frames[i % frames.length];
    if (frame === undefined) return;
    const pixels = await sharp(frame.bytes)
      .resize(size, size, { fit: 'contain', background: { r: PAD, g: PAD, b: PAD } })
      .removeAlpha()
      .raw()
      .toBuffer();
    slot.set(pixels);
  };
  const costs: { readonly ours: Cost[]; readonly plain: Cost[] } = { ours: [], plain: [] };
  for (let i = 0; i < 4; i++) {
    await ours(i);
    await plain(i);
  }
  for (let repeat = 0; repeat < repeats; repeat++) {
    costs.ours.push(await measure(ours, bench.runs));
    costs.plain.push(await measure(plain, bench.runs));
  }
  const kb = Math.round(jpegs.reduce((sum, bytes) => sum + bytes.byteLength, 0) / jpegs.length / 1_000);
  return [
    { name: bench.name, kb, way: `Camshard, ${way}`, ...medians(costs.ours) },
    { name: bench.name, kb, way: 'sharp alone', ...medians(costs.plain) },
  ];
}

async function measure(once: (i: number) => Promise<void>, runs: number): Promise<Cost> {
  const cpu = process.cpuUsage();
  const loop = mainThreadMs();
  const start = performance.now();
  for (let i = 0; i < runs; i++) await once(i);
  const wallMs = (performance.now() - start) / runs;
  const used = process.cpuUsage(cpu);
  const loopMs = (mainThreadMs() - loop) / runs;
  return { cpuMs: (used.user + used.system) / 1_000 / runs, loopMs, wallMs };
}

/**
 * CPU time of the main thread, ms. The event loop's utilisation would count the time others ran on a busy machine.
 * Elsewhere than on Linux that is all there is.
 */
function mainThreadMs(): number {
  try {
    // proc(5): the first figure of schedstat is the time on CPU in ns; the main thread's id is the process's.
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return performance.eventLoopUtilization().active;
  }
}

function medians(costs: readonly Cost[]): Record<string, string> {
  const median = (pick: (cost: Cost) => number): string => {
    const sorted = costs.map(pick).sort((a, b) => a - b);
    return (sorted[sorted.length >> 1] ?? Number.NaN).toFixed(2);
  };
  return { cpu: median((c) => c.cpuMs), loop: median((c) => c.loopMs), wall: median((c) => c.wallMs) };
}

function headerOf(bytes: Uint8Array): ImageHeader {
  const parsed = parseJpegHeader(bytes);
  if (parsed.kind === 'bad') throw new Error(parsed.message);
  return parsed.header;
}
