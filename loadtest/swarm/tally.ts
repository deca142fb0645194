import { DurationHistogram, type DurationSummary, round } from '../lib/statistics.ts';
import type { SentTimes } from './unanswered.ts';

/** How one frame was answered, as its camera saw it. */
export type Answer =
  | { readonly kind: 'result'; readonly nodeLatencyMs: number; readonly detections: number }
  /** Acknowledged without a result: analysed, or gated, with results switched off. */
  | { readonly kind: 'acked' }
  /** Shed, rejected or lost; `reason` is the ledger's word. */
  | { readonly kind: 'dropped'; readonly reason: string };

/** What one camera knows of its frames; the ledger is checked against it. */
export interface CameraTally {
  readonly camera: string;
  sent: number;
  results: number;
  acked: number;
  /** Shed, rejected and lost by reason. */
  readonly dropped: Map<string, number>;
  /** Frames waiting when their connection ended: the node may or may not have received them. */
  cutOff: number;
  /** Frames still waiting when the run gave up on them. */
  unanswered: number;
  reconnects: number;
}

export function newCameraTally(camera: string): CameraTally {
  return { camera, sent: 0, results: 0, acked: 0, dropped: new Map(), cutOff: 0, unanswered: 0, reconnects: 0 };
}

/** The measured part of a run, ms on the monotonic clock: frames meant to go before or after are not in the figures. */
export interface MeasuredWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What all cameras together saw, whole run and measured window apart. */
export class Tally {
  /** Planned, but not sent: no credit left. A live camera drops such a picture and sends a newer one later. */
  withheld = 0;
  /** Planned, but not sent: the socket's backlog was at its bound. */
  blocked = 0;
  /** Planned, but not sent: no connection at that moment. */
  notConnected = 0;
  connectFailures = 0;
  redirects = 0;
  /** Answers to frames that were not waiting: a protocol fault of the server. */
  unexpectedAnswers = 0;
  detections = 0;
  readonly errors = new Map<string, number>();
  readonly closes = new Map<string, number>();

  readonly #window: MeasuredWindow;
  #plannedInWindow = 0;
  #sentInWindow = 0;
  /** Results that arrived within the window, whenever they were sent. */
  #resultsArrived = 0;
  #answersArrived = 0;
  /** Of the frames of the window: how many got a result. */
  #resultsOfWindow = 0;
  readonly #fromSend = new DurationHistogram();
  readonly #fromIntended = new DurationHistogram();
  readonly #node = new DurationHistogram();
  readonly #dropAnswer = new DurationHistogram();
  readonly #lag = new DurationHistogram();

  constructor(window: MeasuredWindow) {
    this.#window = window;
  }

  #inWindow(ms: number): boolean {
    return ms >= this.#window.fromMs && ms < this.#window.toMs;
  }

  planned(intendedMs: number): void {
    if (this.#inWindow(intendedMs)) this.#plannedInWindow++;
  }

  sent(camera: CameraTally, times: SentTimes): void {
    camera.sent++;
    if (!this.#inWindow(times.intendedMs)) return;
    this.#sentInWindow++;
    this.#lag.record(times.sentMs - times.intendedMs);
  }

  answered(camera: CameraTally, times: SentTimes, answer: Answer, nowMs: number): void {
    const ofWindow = this.#inWindow(times.intendedMs);
    const arrivedInWindow = this.#inWindow(nowMs);
    if (arrivedInWindow) this.#answersArrived++;
    switch (answer.kind) {
      case 'result':
        camera.results++;
        this.detections += answer.detections;
        if (arrivedInWindow) this.#resultsArrived++;
        if (!ofWindow) return;
        this.#resultsOfWindow++;
        this.#node.record(answer.nodeLatencyMs);
        break;
      case 'acked':
        camera.acked++;
        if (!ofWindow) return;
        break;
      case 'dropped':
        bump(camera.dropped, answer.reason);
        // A drop is answered early by design: mixed in, it would make the latency of results look better.
        if (ofWindow) this.#dropAnswer.record(nowMs - times.sentMs);
        return;
    }
    this.#fromSend.record(nowMs - times.sentMs);
    this.#fromIntended.record(nowMs - times.intendedMs);
  }

  countError(code: string): void {
    bump(this.errors, code);
  }

  countClose(code: number): void {
    bump(this.closes, String(code));
  }

  summary(cameras: readonly CameraTally[]): TallySummary {
    const dropped = new Map<string, number>();
    const totals = { sent: 0, results: 0, acked: 0, cutOff: 0, unanswered: 0, reconnects: 0 };
    for (const c of cameras) {
      totals.sent += c.sent;
      totals.results += c.results;
      totals.acked += c.acked;
      totals.cutOff += c.cutOff;
      totals.unanswered += c.unanswered;
      totals.reconnects += c.reconnects;
      for (const [reason, n] of c.dropped) bump(dropped, reason, n);
    }
    const seconds = (this.#window.toMs - this.#window.fromMs) / 1000;
    return {
      cameras: cameras.length,
      ...totals,
      dropped: Object.fromEntries(dropped),
      withheld: this.withheld,
      blocked: this.blocked,
      notConnected: this.notConnected,
      connectFailures: this.connectFailures,
      redirects: this.redirects,
      unexpectedAnswers: this.unexpectedAnswers,
      detections: this.detections,
      errors: Object.fromEntries(this.errors),
      closes: Object.fromEntries(this.closes),
      window: {
        seconds: round(seconds, 3),
        planned: this.#plannedInWindow,
        sent: this.#sentInWindow,
        resultsOfThem: this.#resultsOfWindow,
        plannedPerS: round(this.#plannedInWindow / seconds, 2),
        sentPerS: round(this.#sentInWindow / seconds, 2),
        resultsPerS: round(this.#resultsArrived / seconds, 2),
        answersPerS: round(this.#answersArrived / seconds, 2),
      },
      latencyMs: {
        fromSend: this.#fromSend.summary(),
        fromIntended: this.#fromIntended.summary(),
        node: this.#node.summary(),
        dropAnswer: this.#dropAnswer.summary(),
      },
      generatorLagMs: this.#lag.summary(),
    };
  }
}

/** Whole run, except `window`, `latencyMs` and `generatorLagMs`, which are of the measured window. */
export interface TallySummary {
  readonly cameras: number;
  readonly sent: number;
  readonly results: number;
  readonly acked: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly cutOff: number;
  readonly unanswered: number;
  readonly reconnects: number;
  readonly withheld: number;
  readonly blocked: number;
  readonly notConnected: number;
  readonly connectFailures: number;
  readonly redirects: number;
  readonly unexpectedAnswers: number;
  readonly detections: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly closes: Readonly<Record<string, number>>;
  readonly window: {
    readonly seconds: number;
    readonly planned: number;
    readonly sent: number;
    readonly resultsOfThem: number;
    readonly plannedPerS: number;
    readonly sentPerS: number;
    /** Results that arrived in the window, per second. */
    readonly resultsPerS: number;
    /** Answers of any kind that arrived in the window, per second. */
    readonly answersPerS: number;
  };
  readonly latencyMs: {
    /** From the moment of sending to the result, by the camera's clock. */
    readonly fromSend: DurationSummary;
    /** The same from the moment the frame was meant to go: what hides in the first where the generator fell behind. */
    readonly fromIntended: DurationSummary;
    /** `latencyMs` as the node states it. */
    readonly node: DurationSummary;
    /** From sending to the news that the frame was dropped. */
    readonly dropAnswer: DurationSummary;
  };
  readonly generatorLagMs: DurationSummary;
}

function bump(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
