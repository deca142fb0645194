import type { Box } from '../../core/detection.ts';
import {
  type ArtModel,
  type ArtPath,
  type ArtSprite,
  isSceneName,
  type SceneArt,
  type SceneName,
  sceneArt,
  sceneNames,
} from './art.ts';
import { type Projected, projectGround } from './projection.ts';
import { hashOf } from './random.ts';
import { traffic } from './traffic.ts';

export { type SceneName, sceneNames } from './art.ts';

/** What is truly there: one object of one frame. */
export interface SceneObject {
  /** Stays with the object from frame to frame and is never used again. */
  readonly id: string;
  /** COCO's name of the class. */
  readonly label: 'car' | 'bus' | 'truck' | 'person';
  /** Tight box without the shadow, clipped to the frame, in shares 0..1; what hides it does not shrink it. */
  readonly box: Box;
  /** Share 0..1 of the whole, unclipped box that lies in the frame and behind no nearer object's box. */
  readonly visible: number;
}

/** One sprite to draw, in frame pixels; nearer ones come later. */
export interface Placement {
  readonly sprite: ArtSprite;
  readonly x: number;
  readonly y: number;
  /** Frame pixels per base pixel. */
  readonly scale: number;
  readonly opacity: number;
}

export interface Scene {
  readonly name: SceneName;
  readonly width: number;
  readonly height: number;
  /** True objects at `timeS` (0 or more, no end), nearest last. */
  objectsAt(timeS: number): readonly SceneObject[];
  placementsAt(timeS: number): readonly Placement[];
}

export interface SceneOptions {
  /** Frame size in pixels; the scene fills it, and what does not fit its shape is cut off evenly. */
  readonly width: number;
  readonly height: number;
  /** Another number is another day's traffic in the same street. */
  readonly seed?: number;
}

/** Objects of which less lies inside the frame are left out. */
const insideShareMin = 0.05;
const fadeM = 5;
/** Metres of way during which a walker's four poses are shown once. */
const strideM = 1.45;

interface Placed extends Placement {
  readonly id: string;
  readonly label: SceneObject['label'];
  /** Whole box in frame pixels. */
  readonly whole: Box;
  /** How far from the camera, across the main street; quantised, so that one lane is one distance. */
  readonly acrossM: number;
  readonly depthM: number;
}

/**
 * A street scene: pure, so a name, a size, a seed and a time always give the same picture. `name` is one of
 * {@link sceneNames}; any other text chooses one of them, and its traffic, by its hash.
 */
export function createScene(name: string, { width, height, seed = 0 }: SceneOptions): Scene {
  const known = isSceneName(name);
  const chosen: SceneName = known ? name : (sceneNames[hashOf('scene', name) % sceneNames.length] ?? sceneNames[0]);
  const art = sceneArt(chosen);
  const run = known ? seed : hashOf('seed', name, seed);
  const fit = coverOf(art, width, height);

  const placedAt = (timeS: number): readonly Placed[] => {
    const { main, flows } = traffic[chosen];
    const mainPath = pathOf(art, main);
    const placed: Placed[] = [];
    for (const flow of flows) {
      const path = pathOf(art, flow.path);
      const lengthM = Math.hypot(path.to[0] - path.from[0], path.to[1] - path.from[1]);
      const kinds = path.models.map((model) => model.kind);
      for (const mover of flow.moversAt(timeS, { seed: run, lengthM, kinds })) {
        const s = mover.motion(timeS);
        const model = path.models[mover.model];
        if (model === undefined || s < 0 || s > lengthM) continue;
        const standing = mover.motion(timeS + 0.05) - s < 0.01;
        const one = place(art, fit, { path, lengthM, mainPath, model, s, standing });
        if (one !== undefined) placed.push({ ...one, id: `${flow.path}-${mover.key}`, label: model.label });
      }
    }
    return placed
      .filter((one) => insideShare(one.whole, width, height) >= insideShareMin)
      .sort((a, b) => b.acrossM - a.acrossM || b.depthM - a.depthM || (a.id < b.id ? -1 : 1));
  };

  return {
    name: chosen,
    width,
    height,
    placementsAt: placedAt,
    objectsAt(timeS) {
      const placed = placedAt(timeS);
      return placed.flatMap((one, index) => {
        // Something that is still mostly transparent is not there yet.
        if (one.opacity < 0.5) return [];
        const nearer = placed.slice(index + 1).map((other) => other.whole);
        const visible = visibleShare(one.whole, nearer, width, height);
        return [{ id: one.id, label: one.label, box: clip(one.whole, width, height), visible }];
      });
    },
  };
}

/** How the base picture lies in the frame: scaled to cover it, centred. */
interface Cover {
  readonly scale: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

export function coverOf(art: SceneArt, width: number, height: number): Cover {
  const scale = Math.max(width / art.width, height / art.height);
  return { scale, offsetX: (width - art.width * scale) / 2, offsetY: (height - art.height * scale) / 2 };
}

interface Pose {
  readonly path: ArtPath;
  readonly lengthM: number;
  readonly mainPath: ArtPath;
  readonly model: ArtModel;
  readonly s: number;
  readonly standing: boolean;
}

function place(art: SceneArt, fit: Cover, pose: Pose): Omit<Placed, 'id' | 'label'> | undefined {
  const { path, lengthM, mainPath, model, s, standing } = pose;
  const station = nearestStation(model, s);
  if (station === undefined) return undefined;
  // Four poses make a stride; a fifth, where there is one, stands.
  const walking = Math.min(4, station.sprites.length);
  const phase = standing && station.sprites.length > 4 ? 4 : Math.floor((s / strideM) * 4) % walking;
  const sprite = station.sprites[phase];
  if (sprite === undefined) return undefined;
  const here = groundAt(art, path, lengthM, s);
  const there = groundAt(art, path, lengthM, station.s);
  // Between two stations a sprite is scaled as its distance demands.
  const scale = (fit.scale * there.depthM) / here.depthM;
  const x = fit.offsetX + here.x * fit.scale;
  const y = fit.offsetY + here.y * fit.scale;
  return {
    sprite,
    x: x + sprite[4] * scale,
    y: y + sprite[5] * scale,
    scale,
    opacity: opacityAt(path, lengthM, s),
    whole: [x + sprite[6] * scale, y + sprite[7] * scale, x + sprite[8] * scale, y + sprite[9] * scale],
    acrossM: Math.round(2 * acrossOf(mainPath, here)) / 2,
    depthM: here.depthM,
  };
}

function nearestStation(model: ArtModel, s: number): ArtModel['stations'][number] | undefined {
  let best: ArtModel['stations'][number] | undefined;
  for (const station of model.stations) {
    if (best === undefined || Math.abs(station.s - s) < Math.abs(best.s - s)) best = station;
  }
  return best;
}

interface Ground extends Projected {
  readonly worldX: number;
  readonly worldZ: number;
}

function groundAt(art: SceneArt, path: ArtPath, lengthM: number, s: number): Ground {
  const worldX = path.from[0] + ((path.to[0] - path.from[0]) * s) / lengthM;
  const worldZ = path.from[1] + ((path.to[1] - path.from[1]) * s) / lengthM;
  return { worldX, worldZ, ...projectGround(art, worldX, worldZ) };
}

/** Distance of a point from the line through the camera along the main street. */
function acrossOf(main: ArtPath, { worldX, worldZ }: Ground): number {
  const dx = main.to[0] - main.from[0];
  const dz = main.to[1] - main.from[1];
  return Math.abs(worldX * dz - worldZ * dx) / Math.hypot(dx, dz);
}

function opacityAt(path: ArtPath, lengthM: number, s: number): number {
  if (path.fade === 'in') return Math.min(1, s / fadeM);
  if (path.fade === 'out') return Math.min(1, (lengthM - s) / fadeM);
  return 1;
}

function pathOf(art: SceneArt, name: string): ArtPath {
  const path = art.paths[name];
  if (path === undefined) throw new Error(`demo artwork has no path ${name}`);
  return path;
}

const areaOf = ([x1, y1, x2, y2]: Box): number => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);

const within = ([x1, y1, x2, y2]: Box, width: number, height: number): Box => [
  Math.min(width, Math.max(0, x1)),
  Math.min(height, Math.max(0, y1)),
  Math.min(width, Math.max(0, x2)),
  Math.min(height, Math.max(0, y2)),
];

const insideShare = (box: Box, width: number, height: number): number =>
  areaOf(within(box, width, height)) / Math.max(1e-9, areaOf(box));

function clip(box: Box, width: number, height: number): Box {
  const [x1, y1, x2, y2] = within(box, width, height);
  return [x1 / width, y1 / height, x2 / width, y2 / height];
}

/** By a grid of 16 x 16 points: close enough to tell hidden from seen. */
function visibleShare(box: Box, nearer: readonly Box[], width: number, height: number): number {
  const covers = nearer.filter(
    (other) => other[0] < box[2] && other[2] > box[0] && other[1] < box[3] && other[3] > box[1],
  );
  let seen = 0;
  for (let i = 0.5; i < 16; i += 1) {
    for (let j = 0.5; j < 16; j += 1) {
      const x = box[0] + ((box[2] - box[0]) * i) / 16;
      const y = box[1] + ((box[3] - box[1]) * j) / 16;
      if (x < 0 || y < 0 || x > width || y > height) continue;
      if (!covers.some((other) => x > other[0] && x < other[2] && y > other[1] && y < other[3])) seen += 1;
    }
  }
  return seen / 256;
}
