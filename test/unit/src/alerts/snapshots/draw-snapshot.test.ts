import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type DrawnScene, drawScene, drawSnapshot } from '../../../../../src/alerts/snapshots/draw-snapshot.ts';
import { measuresOf, sceneSvg } from '../../../../../src/alerts/snapshots/scene-svg.ts';
import { escapeXml, fitted, textWidth } from '../../../../../src/alerts/snapshots/svg-text.ts';

const scene = (more: Partial<DrawnScene> = {}): DrawnScene => ({
  camera: 'north-1',
  atMs: Date.UTC(2026, 2, 2, 12),
  title: 'Stopped vehicle',
  tracks: [],
  lines: [],
  zones: [],
  ...more,
});
const grey = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#808080' } });

async function pixel(picture: Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
  const at = (y * info.width + x) * info.channels;
  return [...data.subarray(at, at + 3)];
}
const sizeOf = async (picture: Buffer) => {
  const { format, width, height } = await sharp(picture).metadata();
  return { format, width, height };
};

describe('an annotated picture', () => {
  it('has the picture above a caption with a stripe in the colour of its severity', async () => {
    const drawn = await drawSnapshot(await grey(640, 352).jpeg().toBuffer(), scene({ severity: 'critical' }));
    const { format, width, height } = await sizeOf(drawn);
    expect({ format, width }).toEqual({ format: 'jpeg', width: 640 });
    expect(height).toBeGreaterThan(352);
    expect((height ?? 1) % 2).toBe(0);
    const [r = 0, g = 0, b = 0] = await pixel(drawn, 1, (height ?? 0) - 5);
    expect(r).toBeGreaterThan(180);
    expect(Math.max(g, b)).toBeLessThan(140);
    expect((await pixel(drawn, 320, 100)).every((value) => Math.abs(value - 128) < 4)).toBe(true);
  });

  it('draws boxes where the objects are', async () => {
    const tracks = [{ id: 3, label: 'car', box: [0.25, 0.25, 0.75, 0.75] as const }];
    const drawn = await drawSnapshot(await grey(640, 400).png().toBuffer(), scene({ tracks }));
    const isGrey = (values: number[]) => values.every((value) => Math.abs(value - 128) < 12);
    expect(isGrey(await pixel(drawn, 160, 200))).toBe(false);
    expect(isGrey(await pixel(drawn, 480, 200))).toBe(false);
    expect(isGrey(await pixel(drawn, 320, 200))).toBe(true);
    expect(isGrey(await pixel(drawn, 100, 200))).toBe(true);
  });

  it('is at most 1,280 px wide and high, and wide enough for its caption', async () => {
    expect(await sizeOf(await drawSnapshot(await grey(2_000, 1_000).jpeg().toBuffer(), scene()))).toMatchObject({
      width: 1_280,
    });
    const tall = await sizeOf(await drawSnapshot(await grey(300, 2_600).jpeg().toBuffer(), scene()));
    expect(tall.height).toBeLessThanOrEqual(1_280 + 60);
    expect(await sizeOf(await drawSnapshot(await grey(64, 48).jpeg().toBuffer(), scene()))).toMatchObject({
      width: 480,
    });
  });

  it('is upright as its EXIF data has it, with the boxes on the upright picture', async () => {
    // Stored 640x400, to be turned by 90 degrees: 400x640; the object is in the upright picture's top half.
    const picture = await grey(640, 400).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const tracks = [{ id: 1, label: 'car', box: [0, 0.1, 1, 0.3] as const }];
    const drawn = await drawSnapshot(picture, scene({ tracks }));
    const { width, height } = await sizeOf(drawn);
    expect(width).toBe(480);
    expect(height).toBeGreaterThan(768);
    const [r = 0, g = 0, b = 0] = await pixel(drawn, 240, Math.round(768 * 0.3));
    expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeGreaterThan(30);
  });

  it('is drawn from pixels as well', async () => {
    const rgb = new Uint8Array(480 * 270 * 3).fill(200);
    const drawn = await drawScene({ rgb, width: 480, height: 270 }, scene());
    expect(await sizeOf(drawn)).toMatchObject({ format: 'jpeg', width: 480 });
    expect((await pixel(drawn, 240, 100))[0]).toBeGreaterThan(195);
  });

  it('holds whatever text comes', async () => {
    const text = '<script>&"\'\u0000\u0008\uD800 ü 車 ]]> {}';
    const drawn = await drawSnapshot(
      await grey(640, 352).jpeg().toBuffer(),
      scene({
        title: text.repeat(20),
        camera: text,
        tracks: [{ id: 1, label: text, box: [-0.2, -0.2, 1.3, 1.4] }],
        lines: [{ id: text, from: [-1, 0], to: [2, 0], note: text }],
        zones: [
          {
            id: text,
            kind: 'road',
            polygon: [
              [0, 0],
              [2, 0],
              [2, 2],
            ],
          },
        ],
      }),
    );
    expect(await sizeOf(drawn)).toMatchObject({ width: 640 });
  });

  it('refuses what is no picture', async () => {
    await expect(drawSnapshot(Buffer.from('not a picture'), scene())).rejects.toThrow();
  });
});

describe('the overlay', () => {
  it('points its arrow to the right hand of the way along the line', () => {
    const m = measuresOf(1_000, 500);
    const lines = [{ id: 'l', from: [0.2, 0.5] as const, to: [0.8, 0.5] as const }];
    const svg = sceneSvg(
      scene({ lines: lines.map((line) => ({ ...line, from: [...line.from], to: [...line.to] })) }),
      m,
    );
    const [, tip] = /<polygon points="500,([\d.]+) /.exec(svg) ?? [];
    expect(Number(tip)).toBeGreaterThan(250); // below a line from left to right: y goes down
  });

  it('draws no more than a hundred objects', () => {
    const tracks = Array.from({ length: 500 }, (_, id) => ({ id, label: 'car', box: [0, 0, 0.1, 0.1] as const }));
    expect(sceneSvg(scene({ tracks }), measuresOf(640, 352)).match(/>car \d+</g)).toHaveLength(100);
  });
});

describe('text of an overlay', () => {
  it('is escaped, with what XML forbids replaced', () => {
    expect(escapeXml(`<a b="c">&'`)).toBe('&lt;a b=&quot;c&quot;&gt;&amp;&apos;');
    expect(escapeXml('a\u0000b\uD800c\uFFFE')).toBe('a\uFFFDb\uFFFDc\uFFFD');
    expect(escapeXml('車 🚗')).toBe('車 🚗');
  });

  it('is cut where it would not fit', () => {
    expect(fitted('short', 1_000, 12, false)).toBe('short');
    const cut = fitted('a rather long title for so little room', 100, 12, true);
    expect(cut.endsWith('…')).toBe(true);
    expect(textWidth(cut, 12, true)).toBeLessThanOrEqual(100);
  });
});
