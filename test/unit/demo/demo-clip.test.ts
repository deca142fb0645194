import { describe, expect, it } from 'vitest';
import { DemoClip } from '../../../src/demo/demo-clip.ts';
import { sceneNames } from '../../../src/demo/scene.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const options = { scene: sceneNames[0], seed: 0, fps: 5, bytesMax: 16_000_000 };

async function take(clip: DemoClip, count: number): Promise<string[]> {
  const pictures: string[] = [];
  for (let i = 0; i < count; i++) pictures.push(hex(await clip.at(i)));
  return pictures;
}

describe('a demo clip', () => {
  it('draws each frame once and then shows them again', async () => {
    const clip = new DemoClip({ ...options, frames: 3 });
    const [a, b, c, ...again] = await take(clip, 7);
    expect(new Set([a, b, c]).size).toBe(3);
    expect(again).toEqual([a, b, c, a]);
  });

  it('skips what nobody asks for, and draws it when it is asked for in a later round', async () => {
    const skipping = new DemoClip({ ...options, frames: 3 });
    const whole = new DemoClip({ ...options, frames: 3 });
    const [a, b, c] = await take(whole, 3);
    const asked = [0, 2, 4, 5];
    const pictures = [];
    for (const index of asked) pictures.push(hex(await skipping.at(index)));
    expect(pictures).toEqual([a, c, b, c]);
  });

  it('is shorter where its memory is less, but never empty', async () => {
    const clip = new DemoClip({ ...options, frames: 100, bytesMax: 1 });
    const pictures = await take(clip, 3);
    expect(new Set(pictures).size).toBe(1);
  });
});
