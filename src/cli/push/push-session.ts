import type { Clock } from '../../../core/clock.ts';
import { CamshardError } from '../../../core/errors.ts';
import type { StreamTarget } from '../../../core/protocol.ts';
import { CameraClient, type CloseCause } from '../../client/camera-client.ts';
import { Pacer } from '../../client/pacer.ts';
import { redactUrl } from '../../client/urls.ts';
import type { FrameSource } from './source.ts';
import { type PushSummary, PushTally } from './tally.ts';

export interface PushSessionOptions {
  readonly url: string;
  readonly camera: string;
  readonly token: string | undefined;
  readonly verifyTls: boolean;
  /** Pictures per second the source gives, where known. */
  readonly fps: number | undefined;
  /** False: each frame waits for the answer to the one before instead of being dropped for a newer one. */
  readonly realtime: boolean;
  readonly clock: Clock;
}

/** A node that has not welcomed the camera after this long is reported as out of reach. */
const CONNECT_MS_MAX = 10_000;

/** One camera, one source: offers the source's pictures at the rate the node asks for and counts what becomes of them. */
export class PushSession {
  readonly tally = new PushTally();
  onNote: (text: string) => void = () => {};
  /** Why the node did not want this camera. */
  refusal: CamshardError | undefined;
  readonly #options: PushSessionOptions;
  readonly #client: CameraClient;
  readonly #pacer = new Pacer(Math.random());
  readonly #startedAtMs: number;
  #source: FrameSource | undefined;
  #lastFault = '';
  #interrupted = false;
  /** Called at every change that may let a waiting frame go. */
  readonly #waiters = new Set<() => void>();

  constructor(options: PushSessionOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.nowMs();
    const { url, camera, token, verifyTls, fps, clock } = options;
    this.#client = new CameraClient({
      ...{ url, camera, token, verifyTls, clock },
      ...(fps === undefined ? {} : { hello: { fps } }),
      events: {
        credit: () => this.#changed(),
        answered: (frame) => {
          this.tally.answered(frame);
          this.#changed();
        },
        result: (message) => this.tally.detected(message.detections),
        lost: (frames) => {
          this.tally.lost += frames;
          this.#changed();
        },
        error: (message) => {
          if (message.seq === undefined) this.onNote(`the node says: ${message.message} (${message.code})`);
        },
        moved: (where) => this.onNote(`goes on at ${new URL(where).host}, the node that has its shard now`),
        disconnected: (reason, retryMs) => this.#disconnected(reason, retryMs),
        closed: (cause) => this.#closed(cause),
      },
    });
  }

  /** What the node asks for now; `undefined` before the first welcome. */
  get target(): StreamTarget | undefined {
    return this.#client.target;
  }

  get state(): string {
    return this.#client.state;
  }

  summary(): PushSummary {
    this.tally.sent = this.#client.sent;
    return this.tally.summary(this.#options.camera, this.#options.clock.nowMs() - this.#startedAtMs);
  }

  /**
   * Waits for the node's welcome.
   * @returns what the node would like to get; `undefined` where the user interrupted
   * @throws CamshardError `node_unreachable` after {@link CONNECT_MS_MAX}, or the node's refusal
   */
  async connect(): Promise<StreamTarget | undefined> {
    const { clock, url } = this.#options;
    let expired = false;
    const timer = clock.after(CONNECT_MS_MAX, () => {
      expired = true;
      this.#changed();
    });
    this.#client.start();
    while (this.#client.target === undefined && !expired && !this.#ended) await this.#nextChange();
    timer.cancel();
    if (this.refusal !== undefined) throw this.refusal;
    if (this.#interrupted) return undefined;
    if (this.#client.target === undefined) {
      const why = this.#lastFault === '' ? '' : `: ${this.#lastFault}`;
      throw new CamshardError('node_unreachable', `cannot reach the node at ${redactUrl(url)}${why}`);
    }
    return this.#client.target;
  }

  /** Sends what the source gives until it ends. */
  async run(source: FrameSource): Promise<void> {
    this.#source = source;
    if (this.#ended) return;
    await source.run((picture) => this.#take(picture));
  }

  /** The user wants to end: whoever waits stops waiting. */
  interrupt(): void {
    this.#interrupted = true;
    this.#changed();
  }

  async stop(drainMs: number): Promise<void> {
    await this.#client.stop(drainMs);
  }

  get #ended(): boolean {
    return this.#interrupted || this.#client.state === 'closed';
  }

  async #take(picture: Uint8Array): Promise<void> {
    const { clock, realtime, fps } = this.#options;
    if (realtime) {
      const rate = Math.min(fps ?? Number.POSITIVE_INFINITY, this.#client.target?.fps ?? Number.POSITIVE_INFINITY);
      if (Number.isFinite(rate) && !this.#pacer.due(clock.nowMs(), rate)) {
        this.tally.thinned++;
        return;
      }
    } else {
      // One at a time: a second would replace the first where it waits for the device, and each one is wanted.
      while (!(this.#client.ready && this.#client.unanswered === 0) && !this.#ended) await this.#nextChange();
    }
    if (this.#ended) return;
    const outcome = this.#client.offer(picture, clock.wallMs());
    if (outcome === 'superseded') this.tally.superseded++;
  }

  #disconnected(reason: string, retryMs: number): void {
    this.#lastFault = reason;
    if (this.#client.target !== undefined) {
      this.tally.reconnects++;
      this.onNote(`${reason}; trying again in ${(retryMs / 1_000).toFixed(1)} s`);
    }
    this.#changed();
  }

  #closed(cause: CloseCause): void {
    if (cause.kind === 'refused') this.refusal = new CamshardError('refused', cause.message);
    if (cause.kind === 'replaced') {
      this.refusal = new CamshardError('replaced', `another connection took the id ${this.#options.camera}`);
    }
    this.#source?.stop();
    this.#changed();
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => this.#waiters.add(resolve));
  }

  #changed(): void {
    const waiting = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiting) wake();
  }
}
