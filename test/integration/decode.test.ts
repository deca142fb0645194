import sharp, { type Sharp } from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeConfigSchema } from '../../config/schema.ts';
import type { Box } from '../../core/detection.ts';
import type { ImageHeader } from '../../core/frame.ts';
import { createDecoder } from '../../models/decode/decoder.ts';
import { unletterbox } from '../../models/decode/letterbox.ts';
import { inspectImage } from '../../src/ingest/inspect-image.ts';

/** From encoded bytes through the check at ingest and the decoder back to a box of the original picture. */

const SIZE = 320;
const limits = nodeConfigSchema.parse({}).ingest;
const decoder = createDecoder({ padValue: 0, concurrencyMax: 4, scratchBytesMax: 64 * 1024 * 1024 });
afterAll(() => decoder.close());

/** Where the red object is, as shares of the upright picture. */
const TRUTH: Box = [0.2, 0.3, 0.45, 0.8];

function street(width: number, height: number): Sharp {
  const [x1, y1, x2, y2] = [TRUTH[0] * width, TRUTH[1] * height, TRUTH[2] * width, TRUTH[3] * height].map(Math.round);
  const object = { left: x1 ?? 0, top: y1 ?? 0, width: (x2 ?? 0) - (x1 ?? 0), height: (y2 ?? 0) - (y1 ?? 0) };
  return sharp({ create: { width, height, channels: 3, background: { r: 70, g: 110, b: 80 } } }).composite([
    {
      input: { create: { width: object.width, height: object.height, channels: 3, background: '#f01010' } },
      left: object.left,
      top: object.top,
    },
  ]);
}

/** The smallest box around what is red, in pixels of the slot: what a perfect detector would answer. */
function detect(slot: Uint8Array): Box {
  let [x1, y1, x2, y2] = [SIZE, SIZE, 0, 0];
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const at = (y * SIZE + x) * 3;
      if ((slot[at] ?? 0) < 155 || (slot[at + 1] ?? 0) > 70) continue;
      [x1, y1, x2, y2] = [Math.min(x1, x), Math.min(y1, y), Math.max(x2, x + 1), Math.max(y2, y + 1)];
    }
  }
  return [x1, y1, x2, y2];
}

function accepted(bytes: Uint8Array): ImageHeader {
  const parsed = inspectImage(bytes, limits, ['jpeg', 'png', 'webp']);
  if (parsed.kind === 'bad') throw new Error(`${parsed.reason}: ${parsed.message}`);
  return parsed.header;
}

/** The picture stored lying on its side, as a phone does, with the orientation that sets it upright again. */
async function turned(picture: Sharp, orientation: 3 | 6 | 8): Promise<Buffer> {
  const back = { 3: 180, 6: 270, 8: 90 }[orientation];
  const upright = await picture.png().toBuffer();
  return await sharp(upright).rotate(back).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
}

describe('a frame on its way to the device', () => {
  it('has its object found again at the place it has in the original, whatever the picture was', async () => {
    const jpeg = { quality: 95 };
    const pictures = [
      await street(320, 176).jpeg(jpeg).toBuffer(),
      await street(640, 352).jpeg(jpeg).toBuffer(),
      await street(500, 700)
        .jpeg({ ...jpeg, progressive: true })
        .toBuffer(),
      await street(160, 120).jpeg(jpeg).toBuffer(),
      await street(1000, 900).jpeg(jpeg).toBuffer(),
      await street(1920, 1080).jpeg(jpeg).toBuffer(),
      await street(4096, 2304).jpeg(jpeg).toBuffer(),
      await turned(street(640, 352), 3),
      await turned(street(640, 352), 6),
      await turned(street(640, 352), 8),
      await street(640, 480).png().toBuffer(),
      await street(640, 480).webp({ quality: 95 }).toBuffer(),
    ];
    for (const bytes of pictures) {
      const slot = new Uint8Array(SIZE * SIZE * 3);
      const info = await decoder.decodeInto({ bytes, header: accepted(bytes) }, slot, SIZE);
      const found = unletterbox(detect(slot), info.letterbox);
      for (const [i, side] of TRUTH.entries()) {
        const extent = i % 2 === 0 ? info.letterbox.scaledWidth : info.letterbox.scaledHeight;
        // A pixel and a half: half of it is the edge the codec and the scaler blur.
        expect(Math.abs((found[i] ?? 0) - side) * extent).toBeLessThanOrEqual(1.5);
      }
    }
  });

  it('leaves the event loop to others while large pictures are decoded', async () => {
    const bytes = await street(4096, 2304).jpeg({ quality: 95 }).toBuffer();
    const frame = { bytes, header: accepted(bytes) };
    let ticks = 0;
    let decoding = true;
    const count = (): void => {
      ticks++;
      if (decoding) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all(
      Array.from({ length: 4 }, () => decoder.decodeInto(frame, new Uint8Array(SIZE * SIZE * 3), SIZE)),
    );
    decoding = false;
    // On the main thread there would be a tick or two per picture.
    expect(ticks).toBeGreaterThan(100);
  });

  it('keeps memory flat over many pictures, good and bad, of changing sizes', async () => {
    const pictures: Buffer[] = [];
    for (const [width, height] of [
      [320, 176],
      [640, 352],
      [800, 600],
      [1200, 900],
    ] as const) {
      const good = await street(width, height).jpeg().toBuffer();
      pictures.push(good, Buffer.concat([good.subarray(0, good.byteLength >> 1), Buffer.from([0xff, 0xd9])]));
    }
    const frames = pictures.map((bytes) => ({ bytes, header: accepted(bytes) }));
    const slots = Array.from({ length: 8 }, () => new Uint8Array(SIZE * SIZE * 3));
    const round = async (): Promise<void> => {
      const settled = await Promise.allSettled(
        frames.map((frame, i) => decoder.decodeInto(frame, slots[i] ?? new Uint8Array(0), SIZE)),
      );
      expect(settled.map((one) => one.status)).toEqual(frames.map((_, i) => (i % 2 === 0 ? 'fulfilled' : 'rejected')));
    };
    for (let i = 0; i < 40; i++) await round();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 120; i++) await round();
    // One leaked scratch buffer a round would be 120 MiB or more.
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024);
  });
});
