import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../../core/frame.ts';
import { type CameraId, parseCameraId } from '../../../../core/ids.ts';
import { LastFrames } from '../../../../src/frames/last-frames.ts';

function frame(name: string, bytes: number, seq = 1): Frame {
  const camera = parseCameraId(name);
  if (camera === undefined) throw new Error('no camera id');
  return {
    camera,
    seq,
    receivedAtMs: 0,
    receivedWallMs: 0,
    capturedWallMs: undefined,
    header: { format: 'jpeg', width: 64, height: 48, orientation: 1, components: 3 },
    bytes: new Uint8Array(bytes),
  };
}

describe('LastFrames', () => {
  it('keeps each camera’s newest picture', () => {
    const last = new LastFrames(100 * 1_024);
    last.put(frame('a', 10 * 1_024, 1));
    last.put(frame('a', 10 * 1_024, 2));
    last.put(frame('b', 10 * 1_024, 7));
    expect(last.get('a' as CameraId)?.seq).toBe(2);
    expect(last.get('b' as CameraId)?.seq).toBe(7);
    expect(last.get('c' as CameraId)).toBeUndefined();
  });

  it('forgets who has not sent for longest when its bytes are used up', () => {
    const last = new LastFrames(100 * 1_024);
    for (const name of ['a', 'b', 'c']) last.put(frame(name, 30 * 1_024));
    last.put(frame('a', 30 * 1_024));
    last.put(frame('d', 30 * 1_024));
    expect(['a', 'b', 'c', 'd'].map((name) => last.get(name as CameraId) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('keeps no picture larger than all of it, and none at all with 0', () => {
    const last = new LastFrames(100 * 1_024);
    last.put(frame('a', 101 * 1_024));
    expect(last.get('a' as CameraId)).toBeUndefined();
    const none = new LastFrames(0);
    none.put(frame('a', 1));
    expect(none.get('a' as CameraId)).toBeUndefined();
  });

  it('counts the whole message a picture came in, not only the picture', () => {
    const last = new LastFrames(100 * 1_024);
    const message = new Uint8Array(90 * 1_024);
    last.put({ ...frame('a', 1), bytes: message.subarray(message.byteLength - 16) });
    last.put(frame('b', 30 * 1_024));
    expect(last.get('a' as CameraId)).toBeUndefined();
  });
});
