import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { FRAME_BYTES_MAX } from '../../../config/limits.ts';
import type { Clock } from '../../../core/clock.ts';
import { CamshardError, errorMessage } from '../../../core/errors.ts';
import { backoffMs } from '../../client/backoff.ts';
import { JpegSplitter } from '../../client/jpeg-splitter.ts';
import { redactUrl } from '../../client/urls.ts';
import type { Fit, FrameSource, SourceOptions } from './source.ts';

/**
 * A live source that gives no picture for this long is opened again: cameras reboot without saying goodbye. As often it
 * is looked whether larger pictures are wanted than it was opened for.
 */
const LIVE_SILENCE_MS_MAX = 15_000;
const REOPEN_BACKOFF = { delayMsMin: 1_000, delayMsMax: 30_000 };
const STDERR_CHARS_MAX = 4_096;
/** From SIGTERM to SIGKILL. */
const END_MS_MAX = 1_000;

export const FFMPEG_MISSING =
  'ffmpeg is not installed; videos and RTSP streams are read with it. On Debian or Ubuntu: apt-get install ffmpeg ' +
  '(package "ffmpeg"). A folder of JPEGs works without it.';

/** ffmpeg's arguments: pictures of `input` as JPEGs, one after another, on its stdout. */
export function ffmpegArguments(input: string, live: boolean, options: SourceOptions): string[] {
  const { fps, loop, realtime } = options;
  const fit = options.fit();
  const isUrl = /^[a-z][a-z0-9+.-]+:\/\//i.test(input);
  const filters: string[] = [];
  if (fps !== undefined && (realtime || options.resample === true)) filters.push(`fps=${fps}`);
  if (fit !== undefined) {
    // Never larger than the source: enlarging adds bytes and no detail.
    const height = fit.height === undefined ? '-2' : `'min(${fit.height},ih)'`;
    const aspect = fit.height === undefined ? '' : ':force_original_aspect_ratio=decrease:force_divisible_by=2';
    filters.push(`scale=w='min(${fit.width},iw)':h=${height}${aspect}`);
  }
  filters.push('format=yuvj420p');
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error'],
    ...(/^rtsps?:/i.test(input) ? ['-rtsp_transport', 'tcp'] : []),
    // What a live source's buffers hold is late already.
    ...(live ? ['-fflags', 'nobuffer', '-flags', 'low_delay'] : []),
    ...(loop && !live ? ['-stream_loop', '-1'] : []),
    ...(realtime && !live ? ['-re'] : []),
    // An absolute path behind `file:`, so that neither a dash nor a colon in a name means anything to ffmpeg.
    ...['-i', isUrl ? input : `file:${resolve(input)}`],
    ...['-map', '0:v:0', '-vf', filters.join(',')],
    ...['-c:v', 'mjpeg', '-q:v', '3', '-f', 'image2pipe', 'pipe:1'],
  ];
}

/** A video file or stream, read by ffmpeg. */
export class FfmpegSource implements FrameSource {
  readonly #input: string;
  readonly #live: boolean;
  readonly #options: SourceOptions;
  readonly #clock: Clock;
  readonly #note: (text: string) => void;
  #stopped = false;
  #child: ChildProcessByStdio<null, Readable, Readable> | undefined;
  #wake: (() => void) | undefined;

  /** @param note told when a live source is opened again */
  constructor(input: string, live: boolean, options: SourceOptions, clock: Clock, note: (text: string) => void) {
    this.#input = input;
    this.#live = live;
    this.#options = options;
    this.#clock = clock;
    this.#note = note;
  }

  async run(take: (picture: Uint8Array) => Promise<void>): Promise<void> {
    for (let attempt = 0; !this.#stopped; attempt++) {
      const { pictures, fault, outgrown } = await this.#runOnce(take);
      if (this.#stopped) return;
      if (outgrown) continue;
      if (!this.#live) {
        if (fault === undefined && pictures > 0) return;
        throw new CamshardError(
          'source_unreadable',
          `ffmpeg cannot read ${redactUrl(this.#input)}: ${fault ?? 'no picture in it'}`,
        );
      }
      if (pictures > 0) attempt = 0;
      const waitMs = backoffMs(attempt, REOPEN_BACKOFF, Math.random);
      const why = fault ?? 'it ended';
      this.#note(`${redactUrl(this.#input)}: ${why}; opening it again in ${(waitMs / 1_000).toFixed(1)} s`);
      await this.#sleep(waitMs);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
    this.#endChild();
  }

  /**
   * One life of ffmpeg, which makes one size of pictures. `fault` is what it said when it ended badly; `outgrown` where
   * it was ended because larger pictures are wanted now.
   */
  async #runOnce(take: (picture: Uint8Array) => Promise<void>): Promise<Ended> {
    const madeFor = this.#options.fit();
    const child = spawn('ffmpeg', ffmpegArguments(this.#input, this.#live, this.#options), {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_CHARS_MAX);
    });
    const ended = new Promise<{ code: number | null; error?: NodeJS.ErrnoException }>((settle) => {
      child.on('error', (error) => settle({ code: null, error }));
      child.on('close', (code) => settle({ code }));
    });
    const splitter = new JpegSplitter(FRAME_BYTES_MAX);
    let pictures = 0;
    let endedFor: 'silence' | 'size' | undefined;
    let seen = 0;
    const watchdog = this.#live
      ? this.#clock.every(LIVE_SILENCE_MS_MAX, () => {
          if (pictures === seen) endedFor = 'silence';
          else if (isLarger(this.#options.fit(), madeFor)) endedFor = 'size';
          if (endedFor !== undefined) this.#endChild();
          seen = pictures;
        })
      : undefined;
    try {
      for await (const chunk of child.stdout) {
        for (const picture of splitter.push(chunk as Uint8Array)) {
          pictures++;
          if (!this.#stopped) await take(picture);
        }
        if (this.#stopped) break;
      }
    } finally {
      watchdog?.cancel();
      this.#endChild();
    }
    const { code, error } = await ended;
    this.#child = undefined;
    if (error !== undefined) {
      const missing = error.code === 'ENOENT';
      throw new CamshardError(
        missing ? 'ffmpeg_missing' : 'ffmpeg_failed',
        missing ? FFMPEG_MISSING : `cannot start ffmpeg: ${errorMessage(error)}`,
      );
    }
    const outgrown = endedFor === 'size';
    if (endedFor === 'silence') return { pictures, outgrown, fault: `no picture for ${LIVE_SILENCE_MS_MAX / 1_000} s` };
    const fault = code === 0 ? undefined : (lastLine(stderr) ?? `ffmpeg ended with code ${code}`);
    return { pictures, outgrown, fault };
  }

  #endChild(): void {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = this.#clock.after(END_MS_MAX, () => child.kill('SIGKILL'));
    child.once('close', () => timer.cancel());
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = this.#clock.after(ms, done);
      this.#wake = () => {
        timer.cancel();
        done();
      };
    });
  }
}

interface Ended {
  readonly pictures: number;
  readonly outgrown: boolean;
  readonly fault: string | undefined;
}

/** Whether pictures of `wanted` would be larger than those of `made`; undefined is the source's own size. */
export function isLarger(wanted: Fit | undefined, made: Fit | undefined): boolean {
  if (made === undefined) return false;
  return wanted === undefined || wanted.width > made.width;
}

/** The last line ffmpeg wrote, without the address of its context, and with passwords hidden. */
function lastLine(stderr: string): string | undefined {
  const line = stderr
    .trim()
    .split('\n')
    .at(-1)
    ?.replace(/^\[[^\]]*@ 0x[0-9a-f]+\]\s*/, '')
    .trim();
  return line === undefined || line === '' ? undefined : redactUrl(line);
}
