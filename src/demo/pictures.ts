import { LRUCache } from 'lru-cache';
import sharp from 'sharp';
import { backgroundFile, type SceneName, sceneArt, spritesFile } from './art.ts';
import type { Pixels } from './blend.ts';
import { coverOf } from './scene.ts';

/** A scene's artwork at the scale of one frame size. */
export interface ScenePictures {
  /** RGB, as large as the frame. */
  readonly background: Pixels;
  /** RGBA, colours multiplied by alpha. */
  readonly sprites: Pixels;
  /** Sheet pixels per base pixel. */
  readonly scale: number;
}

/** A scene takes 14 to 24 MB at 640x352, up to 54 MB at 960x528 and above. A renderer holds on to its own. */
const openedMax = 4;
const opened = new LRUCache<string, Promise<ScenePictures>>({ max: openedMax });

/** A scene's pictures at a frame size, decoded and scaled once while they are among those last used. */
export function openPictures(name: SceneName, width: number, height: number): Promise<ScenePictures> {
  const key = `${name} ${width}x${height}`;
  let pictures = opened.get(key);
  if (pictures === undefined) {
    pictures = load(name, width, height);
    opened.set(key, pictures);
    // A failure is told to whoever waits, and is tried again the next time.
    pictures.catch(() => opened.delete(key));
  }
  return pictures;
}

async function load(name: SceneName, width: number, height: number): Promise<ScenePictures> {
  const { scale } = coverOf(sceneArt(name), width, height);
  const background = await sharp(backgroundFile(name))
    .resize(width, height, { fit: 'cover', kernel: 'lanczos3' })
    .removeAlpha()
    .raw()
    .toBuffer();
  // Larger frames stretch the sprites while drawing: a larger sheet would show no more and cost far more to make.
  const sheetScale = Math.min(1, scale);
  const sheet = sharp(spritesFile(name));
  const { width: sheetWidth = 0 } = await sheet.metadata();
  const scaledWidth = Math.max(1, Math.round(sheetWidth * sheetScale));
  const { data, info } = await sheet
    .resize(scaledWidth, undefined, { kernel: 'lanczos3' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let i = 0; i + 3 < data.length; i += 4) {
    const alpha = (data[i + 3] ?? 0) / 255;
    for (let c = 0; c < 3; c += 1) data[i + c] = Math.round((data[i + c] ?? 0) * alpha);
  }
  return {
    background: { data: background, width, height },
    sprites: { data, width: info.width, height: info.height },
    scale: info.width / sheetWidth,
  };
}
