import type { Clock } from '../../core/clock.ts';
import type { NodeId } from '../../core/ids.ts';
import type { Logger } from '../telemetry/log.ts';

/** A refusal of the same kind is logged once in this time, ms. */
const REFUSAL_LOG_MS = 10_000;

/** How a handshake may come to nothing without anybody having been refused. */
const NO_REFUSAL: ReadonlySet<string> = new Set(['duplicate', 'goodbye', 'peer_away', 'replaced', 'handshake_timeout']);

/** Handshakes in which one side refused the other, by code; a peer with a wrong secret tries each second. */
export class Refusals {
  readonly counts = new Map<string, number>();
  readonly #clock: Clock;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #loggedAtMs = new Map<string, number>();

  constructor(clock: Clock, log: Pick<Logger, 'warn'>) {
    this.#clock = clock;
    this.#log = log;
  }

  /** @param peer whom this node dialled; `undefined` of a stranger that came */
  note(code: string, peer: NodeId | undefined, reason: string): void {
    // A peer may say any code: those nobody knows are one, or it could fill the map.
    if (NO_REFUSAL.has(code)) return;
    const known = this.counts.has(code) || this.counts.size < 32 ? code : 'other';
    const count = (this.counts.get(known) ?? 0) + 1;
    this.counts.set(known, count);
    const nowMs = this.#clock.nowMs();
    const loggedAtMs = this.#loggedAtMs.get(known);
    if (loggedAtMs !== undefined && nowMs - loggedAtMs < REFUSAL_LOG_MS) return;
    this.#loggedAtMs.set(known, nowMs);
    this.#log.warn({ code, peer, reason, count }, 'a node link was refused');
  }
}
