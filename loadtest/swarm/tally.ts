import { DurationHistogram, jainIndex, round } from '../lib/statistics.ts';
import { CameraGaps, summariseGaps } from './gaps.ts';
import { ONE_GROUP } from './groups.ts';
import type { GroupSummary, TallySummary } from './tally-summary.ts';
import type { SentTimes } from './unanswered.ts';

/** How one frame was answered, as its camera saw it. */
export type Answer =
  | { readonly kind: 'result'; readonly nodeLatencyMs: number; readonly detections: number }
  /** Acknowledged without a result: gated; or, with results switched off, analysed or gated. */
  | { readonly kind: 'acked' }
  /** Shed, rejected or lost; `reason` is the ledger's word. */
  | { readonly kind: 'dropped'; readonly reason: string };

/** What one camera knows of its frames; the ledger is checked against it. */
export interface CameraTally {
  readonly camera: string;
  /** See groups.ts. */
  readonly group: string;
  /** Pictures it would have sent by its own rate, and those of them it kept back because the node asked for fewer. */
  wanted: number;
  withheld: number;
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
  /** Redirects followed to another node. */
  moves: number;
  readonly gaps: CameraGaps;
  /** The same of the frames of the measured window only. */
  readonly window: { wanted: number; withheld: number; sent: number; results: number; acked: number };
}

export function newCameraTally(camera: string, group = ONE_GROUP): CameraTally {
  return {
    camera,
    group,
    wanted: 0,
    withheld: 0,
    sent: 0,
    results: 0,
    acked: 0,
    dropped: new Map(),
    cutOff: 0,
    unanswered: 0,
    reconnects: 0,
    moves: 0,
    gaps: new CameraGaps(),
    window: { wanted: 0, withheld: 0, sent: 0, results: 0, acked: 0 },
  };
}

/** Why a picture was kept back: no credit left, or the node asked for fewer frames a second. */
export type WithheldFor = 'credit' | 'rate';

/** The measured part of a run, ms on the monotonic clock: frames meant to go before or after are not in the figures. */
export interface MeasuredWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What all cameras together saw, whole run and measured window apart. */
export class Tally {
  /** Planned, but not sent: the socket's backlog was at its bound. */
  blocked = 0;
  /** Planned, but not sent: no connection at that moment. */
  notConnected = 0;
  connectFailures = 0;
  redirects = 0;
  /** Those that led nowhere sensible, or too many in a row. */
  redirectsRefused = 0;
  /** Answers to frames that were not waiting: a protocol fault of the server. */
  unexpectedAnswers = 0;
  detections = 0;
  readonly errors = new Map<string, number>();
  readonly closes = new Map<string, number>();

  readonly #window: MeasuredWindow;
  readonly #results: boolean;
  /** Planned, but not sent. A live camera drops such a picture and sends a newer one later. */
  readonly #withheld = { credit: 0, rate: 0 };
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
  readonly #gateAnswer = new DurationHistogram();
  readonly #lag = new DurationHistogram();
  readonly #groups = new Map<string, DurationHistogram>();

  /** @param results whether cameras ask for results; an ack without one then says that the frame was gated */
  constructor(window: MeasuredWindow, results = true) {
    this.#window = window;
    this.#results = results;
  }

  #inWindow(ms: number): boolean {
    return ms >= this.#window.fromMs && ms < this.#window.toMs;
  }

  planned(camera: CameraTally, intendedMs: number): void {
    camera.wanted++;
    if (!this.#inWindow(intendedMs)) return;
    camera.window.wanted++;
    this.#plannedInWindow++;
  }

  withheld(camera: CameraTally, why: WithheldFor, intendedMs: number): void {
    camera.withheld++;
    this.#withheld[why]++;
    if (this.#inWindow(intendedMs)) camera.window.withheld++;
  }

  sent(camera: CameraTally, times: SentTimes): void {
    camera.sent++;
    if (!this.#inWindow(times.intendedMs)) return;
    camera.window.sent++;
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
        camera.window.results++;
        this.#resultsOfWindow++;
        this.#node.record(answer.nodeLatencyMs);
        break;
      case 'acked':
        camera.acked++;
        if (!ofWindow) return;
        camera.window.acked++;
        // Acks of gated frames are held together by design, up to `flow.ackDelayMsMax`: no latency of results.
        if (this.#results) {
          this.#gateAnswer.record(nowMs - times.sentMs);
          return;
        }
        break;
      case 'dropped':
        bump(camera.dropped, answer.reason);
        // A drop is answered early by design: mixed in, it would make the latency of results look better.
        if (ofWindow) this.#dropAnswer.record(nowMs - times.sentMs);
        return;
    }
    this.#fromSend.record(nowMs - times.sentMs);
    this.#fromIntended.record(nowMs - times.intendedMs);
    this.#histogramOf(camera.group).record(nowMs - times.sentMs);
  }

  #histogramOf(group: string): DurationHistogram {
    let histogram = this.#groups.get(group);
    if (histogram === undefined) {
      histogram = new DurationHistogram();
      this.#groups.set(group, histogram);
    }
    return histogram;
  }

  countError(code: string): void {
    bump(this.errors, code);
  }

  countClose(code: number): void {
    bump(this.closes, String(code));
  }

  summary(cameras: readonly CameraTally[]): TallySummary {
    const dropped = new Map<string, number>();
    const totals = { wanted: 0, sent: 0, results: 0, acked: 0, cutOff: 0, unanswered: 0, reconnects: 0, moves: 0 };
    for (const c of cameras) {
      totals.wanted += c.wanted;
      totals.sent += c.sent;
      totals.results += c.results;
      totals.acked += c.acked;
      totals.cutOff += c.cutOff;
      totals.unanswered += c.unanswered;
      totals.reconnects += c.reconnects;
      totals.moves += c.moves;
      for (const [reason, n] of c.dropped) bump(dropped, reason, n);
    }
    const seconds = (this.#window.toMs - this.#window.fromMs) / 1000;
    return {
      cameras: cameras.length,
      ...totals,
      dropped: Object.fromEntries(dropped),
      withheld: this.#withheld.credit + this.#withheld.rate,
      withheldForRate: this.#withheld.rate,
      blocked: this.blocked,
      notConnected: this.notConnected,
      connectFailures: this.connectFailures,
      redirects: this.redirects,
      redirectsRefused: this.redirectsRefused,
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
        gateAnswer: this.#gateAnswer.summary(),
      },
      groups: this.#groupSummaries(cameras, seconds),
      gaps: summariseGaps(cameras),
      generatorLagMs: this.#lag.summary(),
    };
  }

  #groupSummaries(cameras: readonly CameraTally[], seconds: number): readonly GroupSummary[] {
    const names = [...new Set(cameras.map((c) => c.group))];
    return names.map((name) => {
      const members = cameras.filter((c) => c.group === name);
      const sum = (pick: (w: CameraTally['window']) => number): number =>
        members.reduce((total, c) => total + pick(c.window), 0);
      const sent = sum((w) => w.sent);
      const results = sum((w) => w.results);
      const share = (part: number, whole: number): number => (whole === 0 ? 0 : round(part / whole, 4));
      return {
        name,
        cameras: members.length,
        wantedPerS: round(sum((w) => w.wanted) / seconds, 2),
        sentPerS: round(sent / seconds, 2),
        resultsPerS: round(results / seconds, 2),
        resultsPerSPerCamera: round(results / seconds / members.length, 3),
        answeredShare: share(results, sent),
        gatedShare: this.#results
          ? share(
              sum((w) => w.acked),
              sent,
            )
          : 0,
        withheldShare: share(
          sum((w) => w.withheld),
          sum((w) => w.wanted),
        ),
        jain: round(jainIndex(members.map((c) => c.window.results)), 4),
        latencyMs: this.#histogramOf(name).summary(),
      };
    });
  }
}

function bump(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
