import { open, stat } from 'node:fs/promises';
import { CamshardError, errorMessage } from '../../../core/errors.ts';
import { sniffImageFormat } from '../../../core/image-header.ts';
import { redactUrl } from '../../client/urls.ts';

/** Where the pictures that `camshard push` sends come from. */
export interface FrameSource {
  /**
   * Gives JPEGs to `take` until the source ends or `stop` is called. Waits for each promise that `take` returns.
   * @throws CamshardError where the source cannot be read
   */
  run(take: (picture: Uint8Array) => Promise<void>): Promise<void>;
  stop(): void;
}

/** The largest size of a picture, pixels, aspect kept. */
export interface Fit {
  readonly width: number;
  readonly height: number | undefined;
  /** Whether a picture that cannot be converted is a fault of the source; otherwise it goes as it is. */
  readonly required: boolean;
}

/** How the pictures should be. */
export interface SourceOptions {
  /** Pictures per second; `undefined` for the source's own rate. */
  readonly fps: number | undefined;
  /** The size wanted now; `undefined` for the source's own. Asked again whenever a source can change its size. */
  readonly fit: () => Fit | undefined;
  readonly loop: boolean;
  readonly realtime: boolean;
  /** Exactly `fps` pictures for each second of a recording, also where it is not played at its speed. */
  readonly resample?: boolean;
}

export type SourceKind =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'image'; readonly path: string }
  | { readonly kind: 'video'; readonly input: string }
  /** Never ends by itself: when it does, it is opened again. */
  | { readonly kind: 'live'; readonly input: string };

const LIVE_SCHEMES = new Set(['rtsp', 'rtsps', 'rtmp', 'rtmps', 'srt', 'udp', 'rtp', 'tcp']);

/**
 * Says what `text` is. Files are told apart by their first bytes, not by their names.
 * @throws CamshardError `source_unreadable`
 */
export async function classifySource(text: string): Promise<SourceKind> {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'file') return classifySource(decodeURIComponent(new URL(text).pathname));
  if (scheme !== undefined) return { kind: LIVE_SCHEMES.has(scheme) ? 'live' : 'video', input: text };
  try {
    const entry = await stat(text);
    if (entry.isDirectory()) return { kind: 'folder', path: text };
    if (!entry.isFile()) return { kind: 'video', input: text }; // a device or a pipe: ffmpeg's matter
    const file = await open(text);
    try {
      const head = new Uint8Array(16);
      await file.read(head, 0, head.byteLength, 0);
      return sniffImageFormat(head) === undefined ? { kind: 'video', input: text } : { kind: 'image', path: text };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new CamshardError('source_unreadable', `cannot read the source ${redactUrl(text)}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}
