import { type PictureSource, SourceError } from './picture-source.ts';
import { hiddenVideo, videoSize } from './video-element.ts';

/** A still picture is sent again and again, so that the camera stays on the wall; once a second is plenty. */
const STILL_FPS = 1;
const VIDEO_FPS_MAX = 60;

/**
 * Opens a picture or video file; a video plays in a loop.
 * @throws SourceError where the browser can show it as neither.
 */
export async function openFile(file: File): Promise<PictureSource> {
  if (file.type.startsWith('image/')) return openImage(file);
  if (file.type.startsWith('video/')) return openVideo(file);
  throw new SourceError(`${file.name} is neither a picture nor a video.`);
}

async function openImage(file: File): Promise<PictureSource> {
  const bitmap = await createImageBitmap(file).catch((cause: unknown) => {
    throw new SourceError(`${file.name} is not a picture this browser can show.`, { cause });
  });
  return {
    kind: 'image',
    label: file.name,
    fpsMax: STILL_FPS,
    size: () => bitmap,
    draw: (context, { width, height }) => context.drawImage(bitmap, 0, 0, width, height),
    onEnded: () => {},
    stop: () => bitmap.close(),
  };
}

async function openVideo(file: File): Promise<PictureSource> {
  const video = hiddenVideo();
  const url = URL.createObjectURL(file);
  video.loop = true;
  video.src = url;
  await video.play().catch((cause: unknown) => {
    URL.revokeObjectURL(url);
    throw new SourceError(`${file.name} is not a video this browser can play.`, { cause });
  });
  return {
    kind: 'video',
    label: file.name,
    fpsMax: VIDEO_FPS_MAX,
    size: () => videoSize(video),
    draw: (context, { width, height }) => context.drawImage(video, 0, 0, width, height),
    onEnded: (listener) => video.addEventListener('error', listener),
    stop: () => {
      video.removeAttribute('src');
      video.load();
      URL.revokeObjectURL(url);
    },
  };
}
