import { type LedgerSnapshot, sumCounts } from '../../../core/ledger.ts';
import type { NodeStatsMessage } from '../../../core/protocol.ts';

/** The node's figures of the last minute, one a second, oldest first. */
export type StatsHistory = readonly NodeStatsMessage[];

const SECONDS_MAX = 60;

/** A node that restarted counts from zero, and other nodes have other sums: what came before is forgotten. */
export function addStats(history: StatsHistory, stats: NodeStatsMessage): StatsHistory {
  const last = history.at(-1);
  if (last !== undefined && (stats.node !== last.node || stats.uptimeMs < last.uptimeMs)) return [stats];
  return [...history.slice(1 - SECONDS_MAX), stats];
}

/** Share of the frames received over the last `seconds` that were shed, 0..1; `null` where none was received. */
export function recentShedShare(history: StatsHistory, seconds = 10): number | null {
  const last = history.at(-1);
  const first = history.at(-1 - seconds) ?? history[0];
  if (first === undefined || last === undefined) return null;
  const received = last.ledger.received - first.ledger.received;
  return received <= 0 ? null : Math.min(1, Math.max(0, (shed(last.ledger) - shed(first.ledger)) / received));
}

const shed = (ledger: LedgerSnapshot): number => sumCounts(ledger.shed);
