import type { Detection } from '../../../core/detection.ts';
import { LatencyHistogram } from '../../client/latency-histogram.ts';
import type { AnsweredFrame } from '../../client/unanswered.ts';

/** What `camshard push` tells at its end, all counts in frames. */
export interface PushSummary {
  readonly camera: string;
  readonly seconds: number;
  readonly sent: number;
  /** Answered by the node in any way. */
  readonly acked: number;
  readonly inferred: number;
  /** Acknowledged without a result: nothing moved in them. */
  readonly gated: number;
  readonly shed: Readonly<Record<string, number>>;
  readonly rejected: number;
  /** Rejections by code. */
  readonly rejectedBy: Readonly<Record<string, number>>;
  /** Unanswered when their connection ended. */
  readonly lost: number;
  /** Not sent: replaced by a newer one while the credit was used up. */
  readonly superseded: number;
  /** Not sent: the node asks for fewer frames than the source has. */
  readonly thinned: number;
  readonly reconnects: number;
  /** From sending a frame to its result, ms; `null` before the first. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Objects detected, by label. */
  readonly detections: Readonly<Record<string, number>>;
}

const LABELS_MAX = 1_000;

/** Counts what becomes of the frames of one push. */
export class PushTally {
  sent = 0;
  lost = 0;
  superseded = 0;
  thinned = 0;
  reconnects = 0;
  lastDetections: readonly Detection[] = [];
  #acked = 0;
  #inferred = 0;
  #gated = 0;
  #rejected = 0;
  readonly #shed = new Map<string, number>();
  readonly #rejectedBy = new Map<string, number>();
  readonly #labels = new Map<string, number>();
  readonly #rtt = new LatencyHistogram();

  answered({ answer, rttMs }: AnsweredFrame): void {
    this.#acked++;
    switch (answer.kind) {
      case 'inferred':
        this.#inferred++;
        this.#rtt.record(rttMs);
        return;
      case 'passed':
        this.#gated++;
        return;
      case 'shed':
        bump(this.#shed, answer.reason);
        return;
      case 'rejected':
        this.#rejected++;
        bump(this.#rejectedBy, answer.code);
        return;
    }
  }

  detected(detections: readonly Detection[]): void {
    this.lastDetections = detections;
    for (const { label } of detections) bump(this.#labels, label);
  }

  summary(camera: string, elapsedMs: number): PushSummary {
    return {
      camera,
      seconds: Math.round(elapsedMs / 100) / 10,
      sent: this.sent,
      acked: this.#acked,
      inferred: this.#inferred,
      gated: this.#gated,
      shed: Object.fromEntries(this.#shed),
      rejected: this.#rejected,
      rejectedBy: Object.fromEntries(this.#rejectedBy),
      lost: this.lost,
      superseded: this.superseded,
      thinned: this.thinned,
      reconnects: this.reconnects,
      p50: this.#rtt.percentile(0.5),
      p99: this.#rtt.percentile(0.99),
      detections: Object.fromEntries([...this.#labels].sort((a, b) => b[1] - a[1])),
    };
  }
}

function bump(counts: Map<string, number>, name: string): void {
  if (counts.size < LABELS_MAX || counts.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** The progress line: what was sent, what came back, what the last picture showed. */
export function progressLine(s: PushSummary, last: readonly Detection[], state: string): string {
  const rate = s.seconds > 0 ? (s.inferred / s.seconds).toFixed(1) : '0.0';
  const parts = [
    `${s.camera}  ${formatSeconds(s.seconds)}  ${state}`,
    `sent ${s.sent}`,
    `results ${s.inferred} (${rate}/s)`,
    ...(Object.keys(s.shed).length > 0 ? [`shed ${sum(s.shed)}`] : []),
    ...(s.rejected > 0 ? [`rejected ${s.rejected}`] : []),
    ...(s.lost > 0 ? [`lost ${s.lost}`] : []),
    ...(s.p50 === null ? [] : [`p50 ${Math.round(s.p50)} ms  p99 ${Math.round(s.p99 ?? 0)} ms`]),
    countLabels(last),
  ];
  return parts.filter((p) => p !== '').join('  ');
}

/** The summary for people. */
export function summaryText(s: PushSummary): string {
  const reasons = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([reason, n]) => `${reason} ${n}`)
      .join(', ');
  const left = [
    s.superseded > 0 ? `${s.superseded} replaced by newer ones while the node was busy` : '',
    s.thinned > 0 ? `${s.thinned} above the rate the node asks for` : '',
  ].filter((t) => t !== '');
  return [
    `${s.camera}: sent ${s.sent} frames in ${formatSeconds(s.seconds)}`,
    `  analysed ${s.inferred}${s.p50 === null ? '' : `, p50 ${s.p50} ms, p99 ${s.p99 ?? s.p50} ms`}`,
    ...(s.gated > 0 ? [`  gated ${s.gated}`] : []),
    ...(sum(s.shed) > 0 ? [`  shed ${sum(s.shed)} (${reasons(s.shed)})`] : []),
    ...(s.rejected > 0 ? [`  rejected ${s.rejected} (${reasons(s.rejectedBy)})`] : []),
    ...(s.lost > 0 ? [`  lost ${s.lost} in ${s.reconnects} lost connections`] : []),
    ...(left.length > 0 ? [`  not sent: ${left.join('; ')}`] : []),
    ...(Object.keys(s.detections).length > 0 ? [`  detected ${reasons(s.detections)}`] : []),
  ].join('\n');
}

/** `3 car, 1 person`. */
export function countLabels(detections: readonly Detection[]): string {
  const counts = new Map<string, number>();
  for (const { label } of detections) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([label, n]) => `${n} ${label}`)
    .join(', ');
}

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);

function formatSeconds(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
