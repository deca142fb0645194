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

/** Four scenes at 640x352 take some 20 MB, one at 1920x1056 some 45 MB; a renderer holds on to its own. */
const openedMax = 8;
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
  const sheet = sharp(spritesFile(name));
  const { width: sheetWidth = 0 } = await sheet.metadata();
  const scaledWidth = Math.max(1, Math.round(sheetWidth * scale));
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
