import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraStates } from '../../actors/camera-analysis.ts';
import type { CameraAnalyticsState } from '../../analytics/camera-analytics.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import { type CameraId, parseCameraId, type ShardId } from '../../core/ids.ts';
import type { Logger } from '../telemetry/log.ts';

/** What is remembered of a camera that did not come for this long is forgotten. */
const FORGET_AFTER_MS = 7 * 86_400_000;
const FLUSH_MS = 1_000;
const FILE = /^shard-(\d{1,4})\.ndjson$/;

interface Kept {
  readonly shard: ShardId;
  readonly savedAtMs: number;
  /** JSON: parsed when the camera comes. */
  readonly text: string;
}

/**
 * What analytics remembers of each camera (trackers, counters of the interval at hand, open alerts), in memory and in
 * one file a shard, written whole and put in place by a rename. A crash costs what happened since the last save;
 * opening numbers of alerts are also in the outbox, which is ahead of this.
 *
 *     <dir>/shard-17.ndjson       one line a camera: {"camera", "savedAtMs", "state"}
 */
export class CameraStateFiles implements CameraStates {
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #kept = new Map<CameraId, Kept>();
  readonly #byShard = new Map<ShardId, Set<CameraId>>();
  readonly #dirty = new Set<ShardId>();
  readonly #timer: Timer;
  #writing: Promise<void> | undefined;
  #failures = 0;
  #closed = false;

  private constructor(dir: string, clock: Clock, log: Logger) {
    this.#dir = dir;
    this.#clock = clock;
    this.#log = log;
    this.#timer = clock.every(FLUSH_MS, () => void this.flush());
  }

  /** Reads what was kept; a file that cannot be read is left out, and said so in the log. */
  static async open(dir: string, clock: Clock, log: Logger): Promise<CameraStateFiles> {
    await mkdir(dir, { recursive: true });
    const files = new CameraStateFiles(dir, clock, log);
    for (const name of await readdir(dir)) {
      if (name.endsWith('.new')) await rm(join(dir, name), { force: true });
      const shard = FILE.exec(name)?.[1];
      if (shard === undefined) continue;
      try {
        files.#read(Number(shard) as ShardId, await readFile(join(dir, name), 'utf8'));
      } catch (error) {
        log.warn({ err: error, file: name }, 'a checkpoint cannot be read; its cameras begin anew');
      }
    }
    return files;
  }

  /** Cameras remembered. */
  get size(): number {
    return this.#kept.size;
  }

  /** Times a shard could not be written. */
  get failures(): number {
    return this.#failures;
  }

  load(camera: CameraId): CameraAnalyticsState | undefined {
    const kept = this.#kept.get(camera);
    if (kept === undefined) return undefined;
    const state = JSON.parse(kept.text) as CameraAnalyticsState;
    return state.version === 1 ? state : undefined;
  }

  save(camera: CameraId, shard: ShardId, state: CameraAnalyticsState, urgent: boolean): void {
    if (this.#closed) return;
    this.#put(camera, { shard, savedAtMs: Math.round(this.#clock.wallMs()), text: JSON.stringify(state) });
    this.#dirty.add(shard);
    if (urgent) void this.flush();
  }

  drop(camera: CameraId): void {
    const kept = this.#kept.get(camera);
    if (kept === undefined) return;
    this.#kept.delete(camera);
    this.#byShard.get(kept.shard)?.delete(camera);
    this.#dirty.add(kept.shard);
  }

  /** Writes what has changed; at most one write at a time, so that a slow disk is waited for and not piled upon. */
  flush(): Promise<void> {
    this.#writing ??= this.#writeDirty().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  /** Writes the rest. */
  async close(): Promise<void> {
    this.#timer.cancel();
    this.#closed = true;
    await this.#writing;
    await this.flush();
  }

  async #writeDirty(): Promise<void> {
    for (const shard of [...this.#dirty]) {
      this.#dirty.delete(shard);
      try {
        await this.#write(shard);
      } catch (error) {
        this.#dirty.add(shard);
        if (this.#failures++ === 0)
          this.#log.error({ err: errorMessage(error), shard }, 'a checkpoint cannot be written');
        return;
      }
    }
  }

  async #write(shard: ShardId): Promise<void> {
    const lines: string[] = [];
    for (const camera of this.#byShard.get(shard) ?? []) {
      const kept = this.#kept.get(camera);
      if (kept === undefined) continue;
      lines.push(`{"camera":${JSON.stringify(camera)},"savedAtMs":${kept.savedAtMs},"state":${kept.text}}\n`);
    }
    const path = join(this.#dir, `shard-${shard}.ndjson`);
    if (lines.length === 0) return rm(path, { force: true });
    const file = await open(`${path}.new`, 'w');
    try {
      await file.writeFile(lines.join(''));
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }

  #read(shard: ShardId, text: string): void {
    const oldestMs = this.#clock.wallMs() - FORGET_AFTER_MS;
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const entry = JSON.parse(line) as { camera?: unknown; savedAtMs?: unknown; state?: unknown };
      const camera = typeof entry.camera === 'string' ? parseCameraId(entry.camera) : undefined;
      const savedAtMs = Number(entry.savedAtMs);
      if (camera === undefined || !(savedAtMs >= oldestMs)) continue;
      this.#put(camera, { shard, savedAtMs, text: JSON.stringify(entry.state) });
    }
  }

  #put(camera: CameraId, kept: Kept): void {
    this.#kept.set(camera, kept);
    const cameras = this.#byShard.get(kept.shard);
    if (cameras === undefined) this.#byShard.set(kept.shard, new Set([camera]));
    else cameras.add(camera);
  }
}
