import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import type { CameraSettings } from '../../config/camera-settings/schema.ts';
import type { AlertChange } from '../../core/alert.ts';
import { CamshardError, errorMessage } from '../../core/errors.ts';
import type { Track } from '../../core/track.ts';
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

/** A line lights up this long when it is crossed, ms of the recording. */
const FLASH_MS = 600;
/** And an alert stands in the caption this long. */
const NOTICE_MS = 3_000;

/** Draws each frame with what was counted so far beside its line, and lately raised alerts in the caption. */
function drawer({ settings, camera }: AnnotateOptions): Draw {
  const counts = new Map<string, Map<string, number>>();
  let total = 0;
  let flash: { readonly line: string; readonly atMs: number } | undefined;
  let notice: AlertChange | undefined;
  return (picture, { findings, atMs }) => {
    for (const event of findings.events) {
      if (event.kind !== 'line_crossed') continue;
      const { line, name } = event;
      const ways = counts.get(line) ?? new Map<string, number>();
      counts.set(line, ways.set(name, (ways.get(name) ?? 0) + 1));
      flash = { line, atMs };
      total++;
    }
    notice = findings.alerts.findLast(({ state }) => state === 'opened') ?? notice;
    const raised = notice !== undefined && atMs - notice.atMs < NOTICE_MS ? notice : undefined;
    const lit = flash !== undefined && atMs - flash.atMs < FLASH_MS ? flash.line : null;
    const lines = settings.lines.map(({ id, from, to }) => {
      const ways = [...(counts.get(id) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
      return { id, from, to, ...(ways.length > 0 && { note: ways.map(([name, n]) => `${name} ${n}`).join('  ') }) };
    });
    const severity = raised?.severity ?? (lit === null ? undefined : 'info');
    return drawScene(picture, {
      tracks: findings.tracks.filter(seenOrWithin),
      lines,
      zones: settings.zones,
      title: raised === undefined ? `${total} ${total === 1 ? 'crossing' : 'crossings'}` : raised.title,
      atMs,
      camera,
      ...(severity !== undefined && { severity }),
      marked: { line: lit },
    });
  };
}

/** A lost track on its way out of the picture is of no interest to a viewer. */
const seenOrWithin = ({ observed, box: [x1, y1, x2, y2] }: Track): boolean =>
  observed || (x1 > EDGE && y1 > EDGE && x2 < 1 - EDGE && y2 < 1 - EDGE);
const EDGE = 0.01;

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
