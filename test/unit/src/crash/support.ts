import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Frame } from '../../../../core/frame.ts';
import type { CameraId } from '../../../../core/ids.ts';
import { createRandom } from '../../../../core/random.ts';

const dirs: string[] = [];

/** A folder of its own, gone after the test. */
export function scratchDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'camshard-crash-'));
  dirs.push(dir);
  return dir;
}

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** Bytes that differ for each seed. */
export function noise(seed: number, bytes: number): Uint8Array {
  const random = createRandom(seed);
  return Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
}

export function frame(seed: number, over: { camera?: string; bytes?: number } = {}): Frame {
  return {
    camera: (over.camera ?? `cam-${seed}`) as CameraId,
    seq: seed,
    receivedAtMs: 5,
    receivedWallMs: 1_700_000_000_000,
    capturedWallMs: undefined,
    header: { format: 'jpeg', width: 64, height: 48, orientation: 1, components: 3 },
    bytes: noise(seed, over.bytes ?? 6_000),
  };
}
