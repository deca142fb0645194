import { describe, expect, it } from 'vitest';
import { CameraEye } from '../../../actors/camera-eye.ts';
import type { Frame } from '../../../core/frame.ts';
import { frameOf } from '../models/batch/fixtures.ts';

const slot = new Uint8Array(32 * 32 * 3).fill(90);
const frame = (seq: number, atMs: number): Frame => ({
  ...frameOf('cam', seq, atMs),
  header: { format: 'jpeg', width: 64, height: 48, orientation: 1, components: 3 },
});

describe('the eye of a camera', () => {
  it('measures two pictures a second, and gives each measure once', () => {
    const eye = new CameraEye(undefined, () => true);
    const frames = [0, 100, 200, 300, 400, 500, 600].map((at, i) => frame(i, at));
    for (const one of frames) expect(eye.look(one, slot, 32)).toBe('run');
    expect(frames.map((one) => eye.take(one)?.mean)).toEqual([90, ...Array(4).fill(undefined), 90, undefined]);
    expect(eye.take(frames[0] as Frame)).toBeUndefined();
  });

  it('measures nothing where nobody wants to know, and asks the gate all the same', () => {
    const eye = new CameraEye({ look: () => 'gated' }, () => false);
    const one = frame(1, 0);
    expect(eye.look(one, slot, 32)).toBe('gated');
    expect(eye.take(one)).toBeUndefined();
  });
});
