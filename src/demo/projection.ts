import type { SceneArt } from './art.ts';

/** A point of the base picture in pixels, and its depth along the view axis in metres. */
export interface Projected {
  readonly x: number;
  readonly y: number;
  readonly depthM: number;
}

/** The pinhole projection that the artwork was traced with, for a point `[x, z]` on the ground. */
export function projectGround(art: SceneArt, x: number, z: number): Projected {
  const pitch = (art.camera.pitchDeg * Math.PI) / 180;
  const extent = 2 * Math.tan((art.camera.fovDeg * Math.PI) / 360);
  const depthM = z * Math.cos(pitch) + art.camera.height * Math.sin(pitch);
  const up = z * Math.sin(pitch) - art.camera.height * Math.cos(pitch);
  const pixels = art.width / extent / depthM;
  return { x: art.width / 2 + x * pixels, y: art.height / 2 - up * pixels, depthM };
}
