import { type LedgerSnapshot, ledgerImbalance, sumCounts } from '../../core/ledger.ts';
import type { CameraTally } from './tally.ts';

export interface LedgerComparison {
  /** What the cameras sent. Each had its name to itself on this node. */
  readonly cameras: readonly CameraTally[];
  /** The node's ledgers after the run, by camera. */
  readonly ledgers: ReadonlyMap<string, LedgerSnapshot>;
  readonly totalBefore: LedgerSnapshot;
  readonly totalAfter: LedgerSnapshot;
  /** Whether nobody else used the node, so that its totals must have grown by exactly what was sent. */
  readonly alone: boolean;
  /** Whether cameras asked for results; then each inferred frame must have come back as one. */
  readonly results: boolean;
  /** Frames of storms: their cameras come and go, so only the totals can be held against them. */
  readonly storm?: { readonly sent: number; readonly uncertain: number };
}

export interface LedgerVerdict {
  readonly closed: boolean;
  readonly sent: number;
  /** Sum of `received` over the cameras of this run. */
  readonly received: number;
  readonly inferred: number;
  readonly inFlight: number;
  /** Of the frames received: lost with a node that died (ledger reason `node_death`). */
  readonly lostToDeath: number;
  /** Frames sent of which the ledger knows nothing: 0 where every connection ended in order. */
  readonly unaccounted: number;
  readonly problemCount: number;
  /** The first of them, in words. */
  readonly problems: readonly string[];
}

const PROBLEMS_SHOWN_MAX = 20;

/**
 * Holds the node's account against what the cameras know they sent and were told, per camera and in total.
 *
 * A camera that never lost its connection knows exactly; of one that did, the frames that were under way may or may
 * not have arrived, so there the node's figure must lie between what was answered and what was sent.
 */
export function compareLedger(comparison: LedgerComparison): LedgerVerdict {
  const problems: string[] = [];
  let sent = 0;
  let received = 0;
  let inferred = 0;
  let inFlight = 0;
  let lostToDeath = 0;
  let unaccounted = 0;
  /** Frames sent of which it cannot be known whether they arrived. */
  let uncertain = comparison.storm?.uncertain ?? 0;

  for (const camera of comparison.cameras) {
    sent += camera.sent;
    uncertain += camera.cutOff;
    const ledger = comparison.ledgers.get(camera.camera);
    if (ledger === undefined) {
      unaccounted += camera.sent;
      if (camera.sent > 0) problems.push(`${camera.camera}: sent ${camera.sent}, the ledger does not know the camera`);
      continue;
    }
    received += ledger.received;
    inferred += ledger.inferred;
    inFlight += ledger.inFlight;
    lostToDeath += ledger.lost.node_death ?? 0;
    unaccounted += Math.max(0, camera.sent - ledger.received);
    for (const problem of cameraProblems(camera, ledger, comparison.results)) {
      problems.push(`${camera.camera}: ${problem}`);
    }
  }

  const total = comparison.totalAfter;
  if (ledgerImbalance(total) !== 0) problems.push(`total: does not close by ${ledgerImbalance(total)} frames`);
  if (comparison.alone) {
    const grown = total.received - comparison.totalBefore.received;
    const all = sent + (comparison.storm?.sent ?? 0);
    if (grown > all || grown < all - uncertain) {
      const of = uncertain === 0 ? '' : `, of which ${uncertain} may not have arrived`;
      problems.push(`total: received grew by ${grown}, sent were ${all}${of}`);
    }
    if (comparison.storm !== undefined && total.inFlight !== 0)
      problems.push(`total: ${total.inFlight} frames still in flight`);
  }
  return {
    closed: problems.length === 0,
    sent,
    received,
    inferred,
    inFlight,
    lostToDeath,
    unaccounted,
    problemCount: problems.length,
    problems: problems.slice(0, PROBLEMS_SHOWN_MAX),
  };
}

function* cameraProblems(camera: CameraTally, ledger: LedgerSnapshot, results: boolean): Generator<string> {
  if (ledgerImbalance(ledger) !== 0) yield `does not close by ${ledgerImbalance(ledger)} frames`;
  if (ledger.inFlight !== 0) yield `${ledger.inFlight} frames still in flight`;
  if (camera.unanswered > 0) yield `${camera.unanswered} frames never answered`;

  const answered = camera.results + camera.acked + sumCounts(Object.fromEntries(camera.dropped));
  if (camera.reconnects > 0 || camera.cutOff > 0) {
    if (ledger.received > camera.sent) yield `received ${ledger.received}, only ${camera.sent} were sent`;
    if (ledger.received < answered) yield `received ${ledger.received}, but ${answered} were answered`;
    return;
  }
  if (ledger.received !== camera.sent) yield `received ${ledger.received}, sent were ${camera.sent}`;
  if (camera.unanswered > 0) return; // what it was told is incomplete, as said above
  if (results) {
    if (ledger.inferred !== camera.results) yield `inferred ${ledger.inferred}, results came ${camera.results}`;
    if (ledger.gated !== camera.acked) yield `gated ${ledger.gated}, acks without result ${camera.acked}`;
  } else if (ledger.inferred + ledger.gated !== camera.acked) {
    yield `inferred and gated ${ledger.inferred + ledger.gated}, acks ${camera.acked}`;
  }
  const told = camera.dropped;
  const counted = new Map<string, number>();
  for (const counts of [ledger.shed, ledger.rejected, ledger.lost]) {
    for (const [reason, n] of Object.entries(counts)) counted.set(reason, (counted.get(reason) ?? 0) + n);
  }
  for (const reason of new Set([...told.keys(), ...counted.keys()])) {
    const a = counted.get(reason) ?? 0;
    const b = told.get(reason) ?? 0;
    if (a !== b) yield `${reason} ${a} in the ledger, the camera was told ${b}`;
  }
}
