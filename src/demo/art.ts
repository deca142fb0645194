import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The scenes that `scripts/demo-art` has rendered. */
export const sceneNames = ['highway', 'junction', 'high-street', 'bus-stop'] as const;
export type SceneName = (typeof sceneNames)[number];

export const isSceneName = (text: string): text is SceneName => (sceneNames as readonly string[]).includes(text);

/** Where the artwork's camera stands: `height` metres above [0, 0], looking along +z, tilted down. */
export interface ArtCamera {
  readonly height: number;
  readonly pitchDeg: number;
  /** Whole horizontal angle of view. */
  readonly fovDeg: number;
}

/**
 * One sprite, in pixels of the base picture: `[x, y, width, height]` in the atlas, `[dx, dy]` from the point on the
 * ground that it stands on to its top left corner, and its own box without shadow `[x1, y1, x2, y2]`, from that point.
 */
export type ArtSprite = readonly [
  x: number,
  y: number,
  width: number,
  height: number,
  dx: number,
  dy: number,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
];

/** A model as seen from `s` metres along its path; one sprite per phase of its walk, or just one. */
export interface ArtStation {
  readonly s: number;
  readonly sprites: readonly ArtSprite[];
}

export type ModelKind = 'sedan' | 'hatch' | 'suv' | 'bus' | 'truck' | 'man' | 'woman' | 'student';

export interface ArtModel {
  readonly kind: ModelKind;
  /** COCO's name of the class. */
  readonly label: 'car' | 'bus' | 'truck' | 'person';
  readonly stations: readonly ArtStation[];
}

/** A straight line on the ground, `[x, z]` in metres. */
export interface ArtPath {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  /** Where things on it have to appear or vanish inside the picture. */
  readonly fade: 'none' | 'in' | 'out';
  readonly models: readonly ArtModel[];
}

export interface SceneArt {
  /** Size of the base picture in pixels. */
  readonly width: number;
  readonly height: number;
  readonly camera: ArtCamera;
  readonly paths: Readonly<Record<string, ArtPath>>;
}

const indexes = new Map<SceneName, SceneArt>();

/** The index of a scene's artwork; read once. Files lie beside this module, in the sources as in `dist`. */
export function sceneArt(name: SceneName): SceneArt {
  let art = indexes.get(name);
  if (art === undefined) {
    // Written by scripts/demo-art/render.mjs and committed with the code, so it is trusted to have this shape.
    art = JSON.parse(readFileSync(artFile(`${name}.json`), 'utf8')) as SceneArt;
    indexes.set(name, art);
  }
  return art;
}

export const backgroundFile = (name: SceneName): string => artFile(`${name}-background.webp`);
export const spritesFile = (name: SceneName): string => artFile(`${name}-sprites.webp`);

const artFile = (file: string): string => fileURLToPath(new URL(`./art/${file}`, import.meta.url));
