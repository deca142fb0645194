import { describe, expect, it } from 'vitest';
import { CAMERA_ID_LENGTH_MAX, parseCameraId } from '../../../core/ids.ts';

describe('a camera id', () => {
  it.each(['a', 'Gate-7_north.v2', '-', '__proto__', 'x'.repeat(CAMERA_ID_LENGTH_MAX)])('may be %s', (text) => {
    expect(parseCameraId(text)).toBe(text);
  });

  it.each(['', 'x'.repeat(CAMERA_ID_LENGTH_MAX + 1), 'a b', 'a/b', 'ü', 'a\n', '\na', 'a%2fb', 'a:b'])(
    'may not be %j',
    (text) => {
      expect(parseCameraId(text)).toBeUndefined();
    },
  );
});
