import type { Size } from '../picture/fit.ts';

/** A silent video element outside of the page: pictures are taken from it, nobody looks at it. */
export function hiddenVideo(): HTMLVideoElement {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  return video;
}

export const videoSize = (video: HTMLVideoElement): Size | undefined =>
  video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0
    ? { width: video.videoWidth, height: video.videoHeight }
    : undefined;
