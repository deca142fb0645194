import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../core/clock.ts';
import { parseNodeUrl, splitNodeUrls } from '../../src/client/urls.ts';
import { SwarmCamera, type SwarmContext } from './camera.ts';
import { FootagePlay } from './footage.ts';
import { type GroupSpec, type SwarmGroup, swarmGroups } from './groups.ts';
import { compareLedger, type LedgerVerdict } from './ledger-check.ts';
import { type NodeLedger, readLedger } from './ledger-client.ts';
import { MergedPacing, seededRandom } from './pacing.ts';
import { AnswerRecorder } from './record.ts';
import { Storm, type StormTally } from './storm.ts';
import { type MeasuredWindow, Tally } from './tally.ts';
import type { TallySummary } from './tally-summary.ts';
import { masked } from './wire.ts';

export interface SwarmOptions {
  /** `ws://host:port`, or several with commas between. */
  readonly url: string;
  /** Whether cameras follow redirects; default true. */
  readonly follow?: boolean;
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
  /** The same pictures at widths that a node may ask for, pixels. */
  readonly fitted?: ReadonlyMap<number, readonly Uint8Array[]>;
  /** Whether cameras keep to the credit and the rate that the node asks for. */
  readonly obeyCredits: boolean;
  /** Instead of `cameras` alike. */
  readonly groups?: readonly GroupSpec[];
  /** The pictures are a recording of this many frames/s, which every camera plays from a place of its own. */
  readonly footageFps?: number;
  /** So many cameras more connect at once each `everySeconds`, send a frame and drop, see Storm. */
  readonly storm?: { readonly everySeconds: number; readonly cameras: number };
  /** A file for each answer, see AnswerRecord. */
  readonly recordFile?: string;
  readonly results: boolean;
  readonly bare: boolean;
  /** Cameras are named `<prefix>-0` and so on; a name must not have been used on that node before. */
  readonly prefix: string;
  /** Whether that prefix stands in the names of groups too, see groups.ts. */
  readonly prefixGiven?: boolean;
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
  /** null without storms. */
  readonly storm: StormTally | null;
  /** null where it was not asked for. */
  readonly ledger: LedgerVerdict | null;
}

const SETTLE_MS_MAX = 5_000;

/** N cameras against one server: `connect`, then `run`, then `close`. */
export class Swarm {
  readonly #options: SwarmOptions;
  readonly #window: { fromMs: number; toMs: number };
  readonly #context: SwarmContext;
  readonly #groups: readonly SwarmGroup[];
  readonly #cameras: readonly SwarmCamera[];
  readonly #storm: Storm | undefined;
  #before: NodeLedger | undefined;

  constructor(options: SwarmOptions) {
    if (options.pictures.length === 0) throw new RangeError('a swarm needs at least one picture');
    this.#options = options;
    // Set when sending begins; the tally reads it through this object.
    const window: { fromMs: number; toMs: number } = { fromMs: Infinity, toMs: Infinity };
    this.#window = window;
    const pictures = options.pictures.map(masked);
    this.#context = {
      urls: nodeUrls(options.url),
      follow: options.follow ?? true,
      token: options.token,
      pictures,
      fitted: new Map([...(options.fitted ?? [])].map(([width, fitted]) => [width, fitted.map(masked)])),
      results: options.results,
      bare: options.bare,
      tally: new Tally(window satisfies MeasuredWindow, options.results),
      random: seededRandom(options.seed),
      recorder: options.recordFile === undefined ? undefined : new AnswerRecorder(options.recordFile),
      startMs: 0,
      sending: false,
    };
    this.#groups = swarmGroups(options.groups, {
      ...options,
      prefixGiven: options.prefixGiven ?? false,
      obeyCredits: options.obeyCredits || options.fps === 0,
    });
    this.#cameras = this.#makeCameras(options.footageFps);
    const { urls, token } = this.#context;
    const url = urls[0] ?? '';
    if (options.storm !== undefined) this.#storm = new Storm({ url, token, pictures, cameras: options.storm.cameras });
  }

  #makeCameras(footageFps: number | undefined): readonly SwarmCamera[] {
    const { pictures } = this.#context;
    const count = this.#groups.reduce((sum, group) => sum + group.cameras.length, 0);
    const members = this.#groups.flatMap((group) => group.cameras.map((id) => ({ id, group })));
    return members.map(({ id, group }, i) => {
      const footage =
        footageFps === undefined
          ? undefined
          : new FootagePlay({ pictures: pictures.length, fps: footageFps, share: i / count });
      const { name, fps, obeyCredits } = group;
      return new SwarmCamera(
        { id, group: name, fps, obeyCredits, home: i, picture: i * 7, ...(footage === undefined ? {} : { footage }) },
        this.#context,
      );
    });
  }

  /** The ledger of the cluster, from the first of its nodes that answers. */
  async #readLedger(): Promise<NodeLedger> {
    let fault: unknown;
    for (const url of this.#context.urls) {
      try {
        return await readLedger(url.replace(/^ws/, 'http'), this.#options.token);
      } catch (error) {
        fault = error;
      }
    }
    throw fault;
  }

  /** Opens every connection at the ramp's rate. @throws Error where one cannot be opened. */
  async connect(): Promise<void> {
    if (this.#options.checkLedger) this.#before = await this.#readLedger();
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
    const { warmupSeconds, seconds, fps, storm } = this.#options;
    const startMs = systemClock.nowMs();
    this.#context.startMs = startMs;
    this.#window.fromMs = startMs + warmupSeconds * 1000;
    this.#window.toMs = this.#window.fromMs + seconds * 1000;
    const cpuBefore = process.cpuUsage();
    this.#context.sending = true;
    const calm = new AbortController();
    const storms = this.#storm?.keepBlowing((storm?.everySeconds ?? 0) * 1000, this.#window.toMs, calm.signal);
    if (fps === 0) await this.#sendClosedLoop(signal);
    else await this.#sendPlanned(startMs, signal);
    this.#context.sending = false;
    const cpu = process.cpuUsage(cpuBefore);
    const endMs = systemClock.nowMs();
    const busySeconds = (endMs - startMs) / 1000;
    calm.abort();
    await storms;
    const drained = await this.#drain(signal);
    for (const camera of this.#cameras) {
      camera.tally.unanswered = camera.waiting;
      camera.tally.gaps.end(endMs);
    }
    const ledger = await this.#checkLedger();
    await this.#context.recorder?.close();
    return {
      ...this.#context.tally.summary(this.#cameras.map((c) => c.tally)),
      drained,
      generatorCpuCores: (cpu.user + cpu.system) / 1e6 / busySeconds,
      generatorRssBytes: process.memoryUsage.rss(),
      storm: this.#storm?.tally ?? null,
      ledger,
    };
  }

  close(): void {
    for (const camera of this.#cameras) camera.stop();
  }

  async #sendPlanned(startMs: number, signal: AbortSignal | undefined): Promise<void> {
    const pacing = new MergedPacing(
      this.#groups.map(({ cameras, fps }, i) => ({ cameras: cameras.length, fps, seed: this.#options.seed + i })),
    );
    while (signal?.aborted !== true) {
      const nowMs = systemClock.nowMs();
      let due = pacing.peek();
      while (startMs + due.atMs <= nowMs) {
        const intendedMs = startMs + due.atMs;
        if (intendedMs >= this.#window.toMs) return;
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
    const after = await this.#settledLedger();
    return compareLedger({
      ...(this.#storm === undefined ? {} : { storm: this.#storm.tally }),
      cameras: this.#cameras.map((c) => c.tally),
      ledgers: after.cameras,
      totalBefore: this.#before.total,
      totalAfter: after.total,
      alone: this.#options.alone,
      results: this.#options.results,
    });
  }

  /** Nobody waits for the answers to a storm's frames, so they may still be in flight: read again, bounded, until none. */
  async #settledLedger(): Promise<NodeLedger> {
    const untilMs = systemClock.nowMs() + SETTLE_MS_MAX;
    for (;;) {
      const ledger = await this.#readLedger();
      if (this.#storm === undefined || ledger.total.inFlight === 0 || systemClock.nowMs() > untilMs) return ledger;
      await sleep(100);
    }
  }
}

/** `ws://host:port` each, without a slash at the end. */
const nodeUrls = (list: string): readonly string[] => splitNodeUrls(list).map((url) => parseNodeUrl(url).ws);
