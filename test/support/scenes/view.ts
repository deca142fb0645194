import type { Box } from '../../../core/detection.ts';

/** A pinhole camera above a flat road, looking along +Y; metres: X to the right, Y ahead, Z up. */
export interface View {
  /** Width/height of its picture. */
  readonly aspect: number;
  readonly heightM: number;
  /** Below the horizontal, degrees. */
  readonly pitchDeg: number;
  /** Focal length in picture heights. */
  readonly focal: number;
}

export const ROADSIDE: View = { aspect: 16 / 9, heightM: 9, pitchDeg: 25, focal: 1.1 };

/** Shares of width and height; undefined behind the camera. */
export function project(view: View, x: number, y: number, z = 0): readonly [x: number, y: number] | undefined {
  const pitch = (view.pitchDeg * Math.PI) / 180;
  const up = z - view.heightM;
  const depth = y * Math.cos(pitch) - up * Math.sin(pitch);
  if (depth < 0.2) return undefined;
  const down = -y * Math.sin(pitch) - up * Math.cos(pitch);
  return [0.5 + (view.focal * x) / depth / view.aspect, 0.5 + (view.focal * down) / depth];
}

export interface Body {
  /** Centre on the ground, m. */
  readonly x: number;
  readonly y: number;
  /** Extent along X, along Y and up, m. */
  readonly sizeX: number;
  readonly sizeY: number;
  readonly sizeZ: number;
}

/** The box around all of a body's corners, not cut at the picture's edges; undefined where a corner is behind. */
export function boxOf(view: View, body: Body): Box | undefined {
  let [x1, y1, x2, y2] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const dx of [-0.5, 0.5]) {
    for (const dy of [-0.5, 0.5]) {
      for (const z of [0, body.sizeZ]) {
        const at = project(view, body.x + dx * body.sizeX, body.y + dy * body.sizeY, z);
        if (at === undefined) return undefined;
        x1 = Math.min(x1, at[0]);
        x2 = Math.max(x2, at[0]);
        y1 = Math.min(y1, at[1]);
        y2 = Math.max(y2, at[1]);
      }
    }
  }
  return [x1, y1, x2, y2];
}

/** The part of a box inside the picture. */
export function clip([x1, y1, x2, y2]: Box): Box {
  const into = (share: number): number => Math.min(1, Math.max(0, share));
  return [into(x1), into(y1), into(x2), into(y2)];
}

export const areaOf = ([x1, y1, x2, y2]: Box): number => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
