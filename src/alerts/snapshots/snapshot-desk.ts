import type { DrawnScene } from './scene-svg.ts';
import { isAlertId, type SnapshotStore } from './snapshot-store.ts';

/** Pictures that wait to be drawn; what comes beyond is kept as the camera sent it, which costs a write only. */
export const DRAWINGS_WAITING_MAX = 16;
/** Pictures that wait at all; what comes beyond is skipped. */
export const PICTURES_WAITING_MAX = 64;
/** Bytes of pictures that wait: each is held in memory until then. */
export const WAITING_BYTES_MAX = 32 * 1024 ** 2;

export type SkipReason = 'queue_full' | 'too_large' | 'write_failed' | 'bad_id' | 'closed';

export interface SnapshotCounts {
  drawn: number;
  /** Kept as the camera sent it, by why. */
  readonly undrawn: { queue_full: number; draw_failed: number };
  /** Not kept, by why. */
  readonly skipped: Record<SkipReason, number>;
}

export interface SnapshotDeskOptions {
  readonly store: Pick<SnapshotStore, 'put' | 'get' | 'has'>;
  /** e.g. `drawSnapshot`. */
  readonly draw: (picture: Uint8Array, scene: DrawnScene) => Promise<Uint8Array>;
  /** A picture could not be drawn or written; the alert went its way all the same. */
  readonly onFault: (step: 'draw' | 'write', id: string, error: unknown) => void;
}

interface Job {
  readonly id: string;
  readonly picture: Uint8Array;
  readonly scene: DrawnScene;
  readonly draw: boolean;
}

/**
 * Draws and keeps alerts' pictures, one at a time, behind everything else: nobody waits for it, and a picture that
 * cannot be had never costs the alert.
 */
export class SnapshotDesk {
  readonly counts: SnapshotCounts = {
    drawn: 0,
    undrawn: { queue_full: 0, draw_failed: 0 },
    skipped: { queue_full: 0, too_large: 0, write_failed: 0, bad_id: 0, closed: 0 },
  };
  readonly #options: SnapshotDeskOptions;
  /** By alert, in order; the first is in work. */
  readonly #waiting = new Map<string, Job>();
  #toDraw = 0;
  #bytes = 0;
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(options: SnapshotDeskOptions) {
    this.#options = options;
  }

  /** Pictures not yet kept. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Takes the picture of an alert that has just opened; returns at once.
   * @param picture as the camera sent it; it must not be changed afterwards
   */
  take(id: string, picture: Uint8Array, scene: DrawnScene): 'drawing' | 'undrawn' | SkipReason {
    if (this.#closed) return this.#skip('closed');
    if (!isAlertId(id)) return this.#skip('bad_id');
    const bytes = picture.byteLength;
    if (bytes > WAITING_BYTES_MAX) return this.#skip('too_large');
    if (this.#waiting.size >= PICTURES_WAITING_MAX || this.#bytes + bytes > WAITING_BYTES_MAX) {
      return this.#skip('queue_full');
    }
    if (this.#waiting.has(id)) return 'drawing'; // the first picture of an alert is the one that shows why
    const draw = this.#toDraw < DRAWINGS_WAITING_MAX;
    if (!draw) this.counts.undrawn.queue_full++;
    this.#waiting.set(id, { id, picture, scene, draw });
    if (draw) this.#toDraw++;
    this.#bytes += bytes;
    this.#working ??= this.#work();
    return draw ? 'drawing' : 'undrawn';
  }

  /** `pending` while it waits to be drawn. */
  async get(id: string): Promise<Buffer | 'pending' | undefined> {
    if (this.#waiting.has(id)) return 'pending';
    return await this.#options.store.get(id);
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Finishes the picture in work and drops the others. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.idle();
  }

  async #work(): Promise<void> {
    // Whoever raised the alert goes on first.
    await Promise.resolve();
    for (const job of this.#waiting.values()) {
      if (this.#closed) this.#skip('closed');
      else await this.#keep(job);
      this.#waiting.delete(job.id);
      this.#bytes -= job.picture.byteLength;
      if (job.draw) this.#toDraw--;
    }
    this.#working = undefined;
  }

  async #keep(job: Job): Promise<void> {
    const drawn = job.draw ? await this.#drawn(job) : undefined;
    try {
      const outcome = await this.#options.store.put(job.id, drawn ?? job.picture);
      if (outcome !== 'kept') this.#skip(outcome);
      else if (drawn !== undefined) this.counts.drawn++;
    } catch (error) {
      this.#skip('write_failed');
      this.#options.onFault('write', job.id, error);
    }
  }

  async #drawn({ id, picture, scene }: Job): Promise<Uint8Array | undefined> {
    try {
      return await this.#options.draw(picture, scene);
    } catch (error) {
      this.counts.undrawn.draw_failed++;
      this.#options.onFault('draw', id, error);
      return undefined;
    }
  }

  #skip(reason: SkipReason): SkipReason {
    this.counts.skipped[reason]++;
    return reason;
  }
}
