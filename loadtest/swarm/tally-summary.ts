import type { DurationSummary } from '../lib/statistics.ts';
import type { GapSummary } from './gaps.ts';

/** What the cameras of one group saw in the measured window; shares 0..1. */
export interface GroupSummary {
  readonly name: string;
  readonly cameras: number;
  readonly wantedPerS: number;
  readonly sentPerS: number;
  readonly resultsPerS: number;
  readonly resultsPerSPerCamera: number;
  /** Of those sent: with a result, and skipped by the motion gate. */
  readonly answeredShare: number;
  readonly gatedShare: number;
  /** Of those wanted: kept back because the node asked for fewer. */
  readonly withheldShare: number;
  /** Jain's index of the cameras' results: 1 where each got as many. */
  readonly jain: number;
  /** From sending to the result. */
  readonly latencyMs: DurationSummary;
}

/** Whole run, except `window`, `latencyMs`, `groups` and `generatorLagMs`, which are of the measured window. */
export interface TallySummary {
  readonly cameras: number;
  /** Pictures the cameras would have sent by their own rate. */
  readonly wanted: number;
  readonly sent: number;
  readonly results: number;
  readonly acked: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly cutOff: number;
  readonly unanswered: number;
  readonly reconnects: number;
  /** Redirects followed. */
  readonly moves: number;
  /** Kept back by cameras that obey: for want of credit, or (`withheldForRate`) because fewer a second were asked for. */
  readonly withheld: number;
  readonly withheldForRate: number;
  readonly blocked: number;
  readonly notConnected: number;
  readonly connectFailures: number;
  readonly redirects: number;
  readonly redirectsRefused: number;
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
    /** From sending to the ack of a gated frame; empty where results were not asked for. */
    readonly gateAnswer: DurationSummary;
  };
  readonly groups: readonly GroupSummary[];
  /** How long cameras went unserved over moves and deaths; of the whole run. */
  readonly gaps: GapSummary;
  readonly generatorLagMs: DurationSummary;
}
