import type { CameraEntry } from '../live/camera-book.ts';

export interface WallFilter {
  /** Part of a camera's id; case does not matter. */
  readonly text: string;
  readonly state: 'all' | 'connected' | 'offline';
}

export function matchesWall({ camera, connected }: CameraEntry, { text, state }: WallFilter): boolean {
  if (state !== 'all' && connected !== (state === 'connected')) return false;
  return camera.toLowerCase().includes(text.trim().toLowerCase());
}
