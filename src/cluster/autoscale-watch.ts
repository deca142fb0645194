import type { NodeConfig } from '../../config/schema.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import {
  AUTOSCALE_START,
  type AutoscaleObservation,
  type AutoscaleSignal,
  type AutoscaleState,
  autoscale,
} from '../../shards/autoscale.ts';

export interface AutoscaleWatchOptions {
  readonly clock: Clock;
  readonly settings: NodeConfig['cluster']['scaling'];
  /** Whether it is this node's to look: the coordinator's. */
  readonly looks: () => boolean;
  /** What the nodes that serve and stay say of themselves. */
  readonly observe: () => Promise<AutoscaleObservation>;
}

const LOOK_MS = 5_000;

/**
 * Watches the load of the cluster at its coordinator, since triggers have to last. A new coordinator begins to measure
 * anew: what lasts will last.
 */
export class AutoscaleWatch {
  readonly #o: AutoscaleWatchOptions;
  readonly #timer: Timer;
  #state: AutoscaleState = AUTOSCALE_START;
  #last: AutoscaleSignal | undefined;
  #looking: Promise<AutoscaleSignal> | undefined;

  constructor(options: AutoscaleWatchOptions) {
    this.#o = options;
    this.#timer = options.clock.every(LOOK_MS, () => {
      if (options.looks()) this.#look().catch(() => {});
      else this.#forget();
    });
  }

  /** The last signal, where this node looks. */
  get last(): AutoscaleSignal | undefined {
    return this.#last;
  }

  /** The signal of the last look, or of one made now where there was none yet. */
  signal(): Promise<AutoscaleSignal> {
    return this.#last === undefined ? this.#look() : Promise.resolve(this.#last);
  }

  close(): void {
    this.#timer.cancel();
  }

  #look(): Promise<AutoscaleSignal> {
    this.#looking ??= this.#observe().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #observe(): Promise<AutoscaleSignal> {
    const { clock, settings, observe } = this.#o;
    const { state, signal } = autoscale(this.#state, await observe(), settings, clock.wallMs());
    this.#state = state;
    this.#last = signal;
    return signal;
  }

  #forget(): void {
    this.#state = AUTOSCALE_START;
    this.#last = undefined;
  }
}
