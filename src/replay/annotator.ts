import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import type { CameraSettings } from '../../config/camera-settings/schema.ts';
import { CamshardError, errorMessage } from '../../core/errors.ts';
import { drawScene } from '../alerts/snapshots/draw-snapshot.ts';
import type { ReplayedFrame } from './replay-lane.ts';

/** Writes pictures with what was found in them. */
export interface Annotator {
  write(picture: Uint8Array, frame: ReplayedFrame): Promise<void>;
  close(): Promise<void>;
}

export interface AnnotateOptions {
  /** A video by its ending, else a folder. */
  readonly path: string;
  readonly settings: CameraSettings;
  readonly fps: number;
  readonly camera: string;
}

const VIDEO_ENDINGS = new Set(['.mp4', '.mkv', '.mov', '.webm', '.avi']);
const STDERR_CHARS_MAX = 2_000;

/** @throws CamshardError `ffmpeg_missing`, `annotate_failed` */
export async function openAnnotator(options: AnnotateOptions): Promise<Annotator> {
  const draw = drawer(options);
  if (VIDEO_ENDINGS.has(extname(options.path).toLowerCase())) return new VideoAnnotator(options, draw);
  await mkdir(options.path, { recursive: true });
  let index = 0;
  return {
    async write(picture, frame) {
      index++;
      const name = `f${String(index).padStart(6, '0')}.jpg`;
      await writeFile(join(options.path, name), await draw(picture, frame));
    },
    close: () => Promise.resolve(),
  };
}

type Draw = (picture: Uint8Array, frame: ReplayedFrame) => Promise<Buffer>;

/** Draws each frame with the running count of crossings in its caption. */
function drawer({ settings, camera }: AnnotateOptions): Draw {
  const counts = new Map<string, number>();
  return (picture, { findings, atMs }) => {
    for (const event of findings.events) {
      if (event.kind !== 'line_crossed') continue;
      const name = `${event.line} ${event.name}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const { tracks } = findings;
    const { lines, zones } = settings;
    const title = [...counts].map(([name, n]) => `${name}: ${n}`).join('   ') || 'no crossings yet';
    return drawScene(picture, { tracks, lines, zones, title, atMs, camera });
  };
}

/** Pictures through ffmpeg's stdin into a video. */
class VideoAnnotator implements Annotator {
  readonly #draw: Draw;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #fault: Error | undefined;

  constructor({ path, fps }: AnnotateOptions, draw: Draw) {
    this.#draw = draw;
    const input = ['-f', 'image2pipe', '-framerate', String(fps), '-c:v', 'mjpeg', '-i', 'pipe:0'];
    const output = ['-pix_fmt', 'yuv420p', `file:${resolve(path)}`];
    const child = spawn('ffmpeg', ['-y', '-nostdin', '-loglevel', 'error', ...input, ...output], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#child = child;
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_CHARS_MAX);
    });
    child.stdin?.on('error', () => {}); // told by the exit code
    this.#ended = new Promise((done) => {
      child.on('error', (error: NodeJS.ErrnoException) => {
        const missing = error.code === 'ENOENT';
        this.#fault = new CamshardError(missing ? 'ffmpeg_missing' : 'annotate_failed', errorMessage(error));
        done();
      });
      child.on('close', (code) => {
        if (code !== 0)
          this.#fault ??= new CamshardError('annotate_failed', `ffmpeg: ${stderr.trim() || `code ${code}`}`);
        done();
      });
    });
  }

  async write(picture: Uint8Array, frame: ReplayedFrame): Promise<void> {
    const drawn = await this.#draw(picture, frame);
    if (this.#fault !== undefined) throw this.#fault;
    const { stdin } = this.#child;
    if (stdin?.write(drawn) === false) await Promise.race([once(stdin, 'drain'), this.#ended]);
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
    if (this.#fault !== undefined) throw this.#fault;
  }
}
