import type { WalPosition } from './wal-position.ts';

interface Sample {
  readonly atMs: number;
  readonly position: WalPosition;
}

const SAMPLES_MAX = 600;

/**
 * How far a replica is behind, by our own clock alone: where the primary was, and when we saw it there. A replica that
 * lost its primary says of itself that it has replayed all it has received; this is not taken in by that.
 */
export class ReplicaLag {
  readonly #samples: Sample[] = [];

  /** The primary was at `position` at `atMs` (monotonic). */
  primaryAt(position: WalPosition, atMs: number): void {
    const last = this.#samples.at(-1);
    // Standing still adds nothing: a replica that has come this far lacks nothing since then either.
    if (last !== undefined && last.position === position) return;
    this.#samples.push({ atMs, position });
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }

  /** ms since the primary first was where the replica, having replayed up to `position`, is not yet; 0 where it is. */
  of(position: WalPosition, nowMs: number): number {
    const missing = this.#samples.find((sample) => sample.position > position);
    return missing === undefined ? 0 : Math.max(0, nowMs - missing.atMs);
  }
}
