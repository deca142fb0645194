import sharp from 'sharp';
import { blend } from './blend.ts';
import { SensorNoise } from './noise.ts';
import { openPictures, type ScenePictures } from './pictures.ts';
import { createScene, type Scene, type SceneObject } from './scene.ts';

export interface RenderOptions {
  /** A name of `sceneNames`, or any text: see `createScene`. */
  readonly scene: string;
  readonly seed?: number;
  /** Frame size in pixels, 640x352 where not given. */
  readonly width?: number;
  readonly height?: number;
  /** Frames per second of the scene's time, 10 where not given. */
  readonly fps?: number;
  /** JPEG quality 1..100, 80 where not given. */
  readonly quality?: number;
  /** Standard deviation of the sensor's noise in grey levels, 0 (none) where not given; it makes frames larger. */
  readonly noise?: number;
}

/** One frame and what is truly in it. */
export interface DemoFrame {
  readonly jpeg: Buffer;
  readonly truth: readonly SceneObject[];
}

/** Qualities and noise that give the sizes load tests speak of, at 640x352 (means over all scenes; docs/demo.md). */
export const frameSizes = {
  about20KB: { quality: 50, noise: 0 },
  about60KB: { quality: 88, noise: 4 },
} as const;

/** Draws the frames of one scene. The same options and frame number always give the same bytes. */
export class SceneRenderer {
  readonly scene: Scene;
  readonly #pictures: ScenePictures;
  readonly #fps: number;
  readonly #quality: number;
  readonly #noise: SensorNoise | undefined;

  /** Loads the scene's artwork. @throws RangeError for a size, rate or quality that cannot be */
  static async open(options: RenderOptions): Promise<SceneRenderer> {
    const { scene: name, seed = 0, width = 640, height = 352, fps = 10, quality = 80, noise = 0 } = options;
    if (!(Number.isInteger(width) && Number.isInteger(height) && width >= 16 && height >= 16)) {
      throw new RangeError(`demo frame size ${width}x${height}: whole numbers from 16`);
    }
    if (!(fps > 0 && noise >= 0 && quality >= 1 && quality <= 100)) {
      throw new RangeError(`demo frames: fps ${fps} above 0, noise ${noise} from 0, quality ${quality} in 1..100`);
    }
    const scene = createScene(name, { width, height, seed });
    const pictures = await openPictures(scene.name, width, height);
    return new SceneRenderer(scene, pictures, fps, quality, noise);
  }

  private constructor(scene: Scene, pictures: ScenePictures, fps: number, quality: number, noise: number) {
    this.scene = scene;
    this.#pictures = pictures;
    this.#fps = fps;
    this.#quality = quality;
    this.#noise = noise > 0 ? new SensorNoise(noise) : undefined;
  }

  /** Frame `index`, from 0, as JPEG with its truth. */
  async frame(index: number): Promise<DemoFrame> {
    const { width, height } = this.scene;
    const raw = { width, height, channels: 3 } as const;
    const jpeg = await sharp(this.pixels(index), { raw }).jpeg({ quality: this.#quality }).toBuffer();
    return { jpeg, truth: this.scene.objectsAt(index / this.#fps) };
  }

  /** Frame `index` as RGB bytes, rows from the top. */
  pixels(index: number): Uint8ClampedArray {
    const { background, sprites, scale: sheetScale } = this.#pictures;
    const { width, height } = this.scene;
    const data = new Uint8ClampedArray(background.data);
    for (const { sprite, x, y, scale, opacity } of this.scene.placementsAt(index / this.#fps)) {
      const [sourceX, sourceY, sourceWidth, sourceHeight] = sprite;
      blend({ data, width, height }, sprites, {
        sourceX: sourceX * sheetScale,
        sourceY: sourceY * sheetScale,
        sourceWidth: sourceWidth * sheetScale,
        sourceHeight: sourceHeight * sheetScale,
        x,
        y,
        scale: scale / sheetScale,
        opacity,
      });
    }
    this.#noise?.addTo(data, index);
    return data;
  }
}

export interface ClipOptions extends RenderOptions {
  /** How many frames; may be Infinity. */
  readonly frames: number;
  /** Number of the first frame, 0 where not given. */
  readonly first?: number;
}

/** Frames of a scene one after the other, each drawn when it is asked for. */
export async function* renderClip({
  frames,
  first = 0,
  ...options
}: ClipOptions): AsyncGenerator<DemoFrame, void, void> {
  const renderer = await SceneRenderer.open(options);
  for (let k = 0; k < frames; k += 1) yield renderer.frame(first + k);
}
