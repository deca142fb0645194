import type { Clock, Timer } from '../../core/clock.ts';
import type { Primary } from './primary.ts';
import { type CameraRetention, deleteByCamera, dropOutlived, type RetentionDays } from './retention.ts';
import { DAYS, HOURS, ROLLUP_DELAY_MS } from './rollup.ts';

export interface UpkeepOptions {
  readonly clock: Clock;
  readonly primary: Primary;
  readonly retention: RetentionDays;
  /** Cameras that keep their rows for a shorter time than the node. */
  readonly cameraRetention: () => Promise<readonly CameraRetention[]>;
  readonly rollupDelayMs?: number | undefined;
  readonly onFailure: (error: unknown) => void;
}

/** Partitions are made ahead and dropped this often. */
const HOUSEKEEPING_MS = 3_600_000;
/** Rolling up takes at most this share of the time: with many cameras hours are made anew less often. */
const ROLLUP_SHARE_MAX = 0.1;

/** What the tables need beside being written: roll-ups, partitions ahead, retention. A failure waits for the next turn. */
export class Upkeep {
  readonly #o: UpkeepOptions;
  readonly #rollupDelayMs: number;
  #timer: Timer | undefined;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();
  #housekeepingDueMs = 0;

  constructor(options: UpkeepOptions) {
    this.#o = options;
    this.#rollupDelayMs = options.rollupDelayMs ?? ROLLUP_DELAY_MS;
  }

  start(): void {
    this.#housekeepingDueMs = this.#o.clock.nowMs();
    this.#next(this.#rollupDelayMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  /** Makes all hours and days anew that are behind since `delayMs` or longer. */
  async rollUp(delayMs: number): Promise<void> {
    const beforeMs = this.#o.clock.wallMs() - delayMs;
    for (const level of [HOURS, DAYS]) {
      // Days that hours just made dirty are due at once: they waited as hours.
      const dueMs = level === HOURS ? beforeMs : this.#o.clock.wallMs() + 1;
      while (!this.#stopped && (await this.#o.primary.rollUpSome(level, dueMs)));
    }
  }

  /** Partitions ahead, and what is kept no longer. */
  async housekeep(): Promise<void> {
    const { primary, retention, cameraRetention, clock } = this.#o;
    await primary.makeAhead();
    for (const span of await dropOutlived(primary.db, retention, clock.wallMs())) primary.forgetPartition(span);
    await deleteByCamera(primary.db, await cameraRetention(), clock.wallMs());
    await primary.tidy();
  }

  #next(ms: number): void {
    if (this.#stopped) return;
    this.#timer = this.#o.clock.after(ms, () => {
      this.#running = this.#turn();
    });
  }

  async #turn(): Promise<void> {
    const { clock, primary, onFailure } = this.#o;
    const startMs = clock.nowMs();
    try {
      if (primary.opened) {
        await this.rollUp(this.#rollupDelayMs);
        if (startMs >= this.#housekeepingDueMs) {
          this.#housekeepingDueMs = startMs + HOUSEKEEPING_MS;
          await this.housekeep();
        }
      }
    } catch (error) {
      if (!this.#stopped) onFailure(error);
    }
    this.#next(Math.max(this.#rollupDelayMs, (clock.nowMs() - startMs) / ROLLUP_SHARE_MAX));
  }
}
