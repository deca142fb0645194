import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraStates } from '../../actors/camera-analysis.ts';
import { type CameraAnalyticsState, readCameraState } from '../../analytics/camera-analytics.ts';
import { CAMERAS_MAX } from '../../config/limits.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { type CameraId, parseCameraId, type ShardId } from '../../core/ids.ts';
import type { Logger } from '../telemetry/log.ts';

/** What is remembered of a camera that did not come for this long is forgotten. */
const FORGET_AFTER_MS = 7 * 86_400_000;
/** Shards are looked over this often ... */
const LOOK_MS = 1_000;
/** ... and one is written this long after it changed: each write writes all of its cameras. */
const SETTLE_MS = 4_000;
const FILE = /^shard-(\d{1,4})\.ndjson$/;

interface Kept {
  readonly shard: ShardId;
  readonly savedAtMs: number;
  /** JSON: parsed when the camera comes. */
  readonly text: string;
}

export interface CameraStateFilesOptions {
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * Resolves once all that was raised by now is in the outbox; `false` where that takes nothing. A checkpoint that knew of
   * an alert which the outbox does not would lose it: nobody would raise it again.
   */
  readonly ahead?: () => Promise<boolean>;
  /** Cameras remembered; past it the one that was saved longest ago is forgotten. As many as have an actor at once. */
  readonly camerasMax?: number;
}

/**
 * What analytics remembers of each camera (trackers, counters of the interval at hand, open alerts), in memory and in
 * one file a shard, written whole and put in place by a rename. A crash costs what happened since the last save;
 * opening numbers of alerts are also in the outbox, which is ahead of this.
 *
 *     <dir>/shard-17.ndjson       one line a camera: {"camera", "savedAtMs", "state"}
 */
export class CameraStateFiles implements CameraStates {
  readonly #o: CameraStateFilesOptions;
  readonly #camerasMax: number;
  /** In order of their last save, the oldest first. */
  readonly #kept = new Map<CameraId, Kept>();
  readonly #byShard = new Map<ShardId, Set<CameraId>>();
  /** When each is to be written, monotonic ms. */
  readonly #dueMs = new Map<ShardId, number>();
  readonly #timer: Timer;
  #writing: Promise<void> | undefined;
  #failures = 0;
  #closed = false;

  private constructor(options: CameraStateFilesOptions) {
    this.#o = options;
    this.#camerasMax = options.camerasMax ?? CAMERAS_MAX;
    this.#timer = options.clock.every(LOOK_MS, () => void this.written());
  }

  /** Reads what was kept; a file that cannot be read is left out, and said so in the log. */
  static async open(options: CameraStateFilesOptions): Promise<CameraStateFiles> {
    const { dir, log } = options;
    await mkdir(dir, { recursive: true });
    const files = new CameraStateFiles(options);
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
    return readCameraState(JSON.parse(kept.text));
  }

  save(camera: CameraId, shard: ShardId, state: CameraAnalyticsState, urgent: boolean): void {
    if (this.#closed) return;
    this.#put(camera, { shard, savedAtMs: Math.round(this.#o.clock.wallMs()), text: JSON.stringify(state) });
    this.#changed(shard, urgent ? 0 : SETTLE_MS);
    if (urgent) void this.written();
  }

  drop(camera: CameraId): void {
    const kept = this.#kept.get(camera);
    if (kept === undefined) return;
    this.#forget(camera, kept);
    this.#changed(kept.shard, SETTLE_MS);
  }

  /** Writes what is due; at most one write at a time, so that a slow disk is waited for and not piled upon. */
  written(): Promise<void> {
    this.#writing ??= this.#writeDue(this.#o.clock.nowMs()).finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  /** Writes the rest. */
  async close(): Promise<void> {
    this.#timer.cancel();
    this.#closed = true;
    await this.#writing;
    await this.#writeDue(Number.POSITIVE_INFINITY);
  }

  #changed(shard: ShardId, inMs: number): void {
    const dueMs = this.#o.clock.nowMs() + inMs;
    this.#dueMs.set(shard, Math.min(dueMs, this.#dueMs.get(shard) ?? dueMs));
  }

  async #writeDue(nowMs: number): Promise<void> {
    const due = [...this.#dueMs].filter(([, dueMs]) => dueMs <= nowMs).map(([shard]) => shard);
    for (const shard of due) {
      this.#dueMs.delete(shard);
      try {
        if (await this.#write(shard)) continue;
      } catch (error) {
        if (this.#failures++ === 0) {
          this.#o.log.error({ err: error, shard }, 'a checkpoint cannot be written');
        }
      }
      this.#changed(shard, LOOK_MS);
      return;
    }
  }

  /** @returns `false` where the outbox is not ahead of it */
  async #write(shard: ShardId): Promise<boolean> {
    const { dir, ahead } = this.#o;
    const lines: string[] = [];
    for (const camera of this.#byShard.get(shard) ?? []) {
      const kept = this.#kept.get(camera);
      if (kept === undefined) continue;
      lines.push(`{"camera":${JSON.stringify(camera)},"savedAtMs":${kept.savedAtMs},"state":${kept.text}}\n`);
    }
    if (ahead !== undefined && !(await ahead())) return false;
    const path = join(dir, `shard-${shard}.ndjson`);
    if (lines.length === 0) {
      await rm(path, { force: true });
      return true;
    }
    const file = await open(`${path}.new`, 'w');
    try {
      await file.writeFile(lines.join(''));
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    return true;
  }

  #read(shard: ShardId, text: string): void {
    const oldestMs = this.#o.clock.wallMs() - FORGET_AFTER_MS;
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
    const before = this.#kept.get(camera);
    if (before !== undefined) this.#forget(camera, before);
    this.#kept.set(camera, kept);
    const cameras = this.#byShard.get(kept.shard);
    if (cameras === undefined) this.#byShard.set(kept.shard, new Set([camera]));
    else cameras.add(camera);
    if (this.#kept.size <= this.#camerasMax) return;
    const [oldest] = this.#kept;
    if (oldest !== undefined) this.#forget(...oldest);
  }

  #forget(camera: CameraId, { shard }: Kept): void {
    this.#kept.delete(camera);
    this.#byShard.get(shard)?.delete(camera);
  }
}
