import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../core/clock.ts';
import { SwarmCamera, type SwarmContext } from './camera.ts';
import { compareLedger, type LedgerVerdict } from './ledger-check.ts';
import { type NodeLedger, readLedger } from './ledger-client.ts';
import { Pacing, seededRandom } from './pacing.ts';
import { type MeasuredWindow, Tally, type TallySummary } from './tally.ts';
import { masked } from './wire.ts';

export interface SwarmOptions {
  /** `ws://host:port` */
  readonly url: string;
  readonly token?: string;
  readonly cameras: number;
  /** Frames/s of each camera; 0 sends whenever there is credit (closed loop). */
  readonly fps: number;
  /** Measured seconds, after `warmupSeconds` of the same load. */
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** Longest wait for answers after the last frame. */
  readonly drainSeconds: number;
  /** New connections per second. */
  readonly rampPerSecond: number;
  /** Encoded pictures; each camera goes through them from a place of its own. */
  readonly pictures: readonly Uint8Array[];
  readonly obeyCredits: boolean;
  readonly results: boolean;
  readonly bare: boolean;
  /** Cameras are named `<prefix>-0` and so on; a name must not have been used on that node before. */
  readonly prefix: string;
  readonly seed: number;
  /** Whether to check the node's ledger; servers without one (baseline, sink) are run without. */
  readonly checkLedger: boolean;
  /** Whether nobody else uses the node, see {@link compareLedger}. */
  readonly alone: boolean;
}

export interface SwarmSummary extends TallySummary {
  readonly drained: boolean;
  /** Of this process while sending, in cores: 1 is one core busy. */
  readonly generatorCpuCores: number;
  readonly generatorRssBytes: number;
  /** null where it was not asked for. */
  readonly ledger: LedgerVerdict | null;
}

/** N cameras against one server: `connect`, then `run`, then `close`. */
export class Swarm {
  readonly #options: SwarmOptions;
  readonly #window: { fromMs: number; toMs: number };
  readonly #context: SwarmContext;
  readonly #cameras: readonly SwarmCamera[];
  #before: NodeLedger | undefined;

  constructor(options: SwarmOptions) {
    if (options.pictures.length === 0) throw new RangeError('a swarm needs at least one picture');
    this.#options = options;
    // Set when sending begins; the tally reads it through this object.
    const window: { fromMs: number; toMs: number } = { fromMs: Infinity, toMs: Infinity };
    this.#window = window;
    this.#context = {
      url: options.url.replace(/\/$/, ''),
      token: options.token,
      pictures: options.pictures.map(masked),
      obeyCredits: options.obeyCredits || options.fps === 0,
      results: options.results,
      bare: options.bare,
      closedLoop: options.fps === 0,
      tally: new Tally(window satisfies MeasuredWindow),
      random: seededRandom(options.seed),
      sending: false,
    };
    this.#cameras = Array.from(
      { length: options.cameras },
      (_, i) => new SwarmCamera(`${options.prefix}-${i}`, i * 7, this.#context),
    );
  }

  get #httpUrl(): string {
    return this.#options.url.replace(/^ws/, 'http');
  }

  /** Opens every connection at the ramp's rate. @throws Error where one cannot be opened. */
  async connect(): Promise<void> {
    if (this.#options.checkLedger) this.#before = await readLedger(this.#httpUrl, this.#options.token);
    const startMs = systemClock.nowMs();
    const opening: Promise<void>[] = [];
    for (const [i, camera] of this.#cameras.entries()) {
      const aheadMs = (i / this.#options.rampPerSecond) * 1000 - (systemClock.nowMs() - startMs);
      if (aheadMs > 1) await sleep(aheadMs);
      opening.push(camera.connect());
    }
    await Promise.all(opening);
  }

  /** Sends for the warm-up and the measured time, waits for the answers, checks the ledger. */
  async run(signal?: AbortSignal): Promise<SwarmSummary> {
    const { warmupSeconds, seconds, fps } = this.#options;
    const startMs = systemClock.nowMs();
    this.#window.fromMs = startMs + warmupSeconds * 1000;
    this.#window.toMs = this.#window.fromMs + seconds * 1000;
    const cpuBefore = process.cpuUsage();
    this.#context.sending = true;
    if (fps === 0) await this.#sendClosedLoop(signal);
    else await this.#sendPlanned(startMs, fps, signal);
    this.#context.sending = false;
    const cpu = process.cpuUsage(cpuBefore);
    const busySeconds = (systemClock.nowMs() - startMs) / 1000;
    const drained = await this.#drain(signal);
    for (const camera of this.#cameras) camera.tally.unanswered = camera.waiting;
    const ledger = await this.#checkLedger();
    return {
      ...this.#context.tally.summary(this.#cameras.map((c) => c.tally)),
      drained,
      generatorCpuCores: (cpu.user + cpu.system) / 1e6 / busySeconds,
      generatorRssBytes: process.memoryUsage.rss(),
      ledger,
    };
  }

  close(): void {
    for (const camera of this.#cameras) camera.stop();
  }

  async #sendPlanned(startMs: number, fps: number, signal: AbortSignal | undefined): Promise<void> {
    const pacing = new Pacing({ cameras: this.#cameras.length, fps, seed: this.#options.seed });
    const { tally } = this.#context;
    while (signal?.aborted !== true) {
      const nowMs = systemClock.nowMs();
      let due = pacing.peek();
      while (startMs + due.atMs <= nowMs) {
        const intendedMs = startMs + due.atMs;
        if (intendedMs >= this.#window.toMs) return;
        tally.planned(intendedMs);
        this.#cameras[due.camera]?.send(intendedMs);
        pacing.advance();
        due = pacing.peek();
      }
      if (startMs + due.atMs >= this.#window.toMs) return;
      // Node's timers count whole milliseconds and fire late rather than early, so what is under one is rounded up.
      await sleep(Math.max(1, Math.floor(startMs + due.atMs - systemClock.nowMs())));
    }
  }

  async #sendClosedLoop(signal: AbortSignal | undefined): Promise<void> {
    for (const camera of this.#cameras) camera.pump();
    while (signal?.aborted !== true && systemClock.nowMs() < this.#window.toMs) await sleep(5);
  }

  /** Waits, bounded, until every frame is answered. */
  async #drain(signal: AbortSignal | undefined): Promise<boolean> {
    const untilMs = systemClock.nowMs() + this.#options.drainSeconds * 1000;
    const done = (): boolean => this.#cameras.every((c) => c.waiting === 0);
    while (!done()) {
      if (systemClock.nowMs() >= untilMs || signal?.aborted === true) return false;
      await sleep(10);
    }
    return true;
  }

  async #checkLedger(): Promise<LedgerVerdict | null> {
    if (this.#before === undefined) return null;
    const after = await readLedger(this.#httpUrl, this.#options.token);
    return compareLedger({
      cameras: this.#cameras.map((c) => c.tally),
      ledgers: after.cameras,
      totalBefore: this.#before.total,
      totalAfter: after.total,
      alone: this.#options.alone,
      results: this.#options.results,
    });
  }
}
