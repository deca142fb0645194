import { type PictureSource, SourceError } from './picture-source.ts';
import { hiddenVideo, videoSize } from './video-element.ts';

const WIDTH_IDEAL = 1_280;

/**
 * Asks the visitor for a webcam.
 * @throws SourceError where there is none, it is in use, or the visitor said no.
 */
export async function openWebcam(): Promise<PictureSource> {
  // Absent on pages that are neither https nor localhost.
  if (!window.isSecureContext || navigator.mediaDevices === undefined) {
    throw new SourceError('Browsers give the webcam only to https pages and to localhost. Use a file, or https.');
  }
  const stream = await requestStream();
  const video = hiddenVideo();
  video.srcObject = stream;
  await video.play();
  const track = stream.getVideoTracks()[0];
  return {
    kind: 'webcam',
    label: track?.label || 'Webcam',
    fpsMax: track?.getSettings().frameRate || 30,
    size: () => videoSize(video),
    draw: (context, { width, height }) => context.drawImage(video, 0, 0, width, height),
    onEnded: (listener) => track?.addEventListener('ended', listener),
    stop: () => {
      for (const each of stream.getTracks()) each.stop();
      video.srcObject = null;
    },
  };
}

async function requestStream(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: WIDTH_IDEAL } }, audio: false });
  } catch (error) {
    throw new SourceError(whyNot(error instanceof DOMException ? error.name : ''), { cause: error });
  }
}

function whyNot(name: string): string {
  switch (name) {
    case 'NotAllowedError':
      return 'The browser was not allowed to use the webcam. Allow it beside the address and try again.';
    case 'NotFoundError':
      return 'This computer has no webcam.';
    case 'NotReadableError':
      return 'The webcam is in use by another program.';
    default:
      return 'The webcam could not be opened.';
  }
}
