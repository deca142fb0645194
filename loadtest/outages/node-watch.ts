import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../core/clock.ts';
import { metricSum, metricValues } from './metrics-text.ts';

/** What the node says of itself at one moment. */
export interface NodeSample {
  /** ms since the Unix epoch. */
  readonly atMs: number;
  readonly rssBytes: number;
  /** Delay of the event loop since the sample before, ms. */
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  /** Beginnings and ends of alerts raised since the process began, and given up. */
  readonly raised: number;
  readonly unkept: number;
  /** Records of the outbox that wait, by sink. */
  readonly behind: ReadonlyMap<string, number>;
  readonly lost: number;
  readonly refused: number;
  readonly history: {
    readonly accepted: number;
    readonly stored: number;
    readonly stale: number;
    readonly aside: number;
    readonly dropped: number;
    readonly waiting: number;
  };
}

export function nodeSample(text: string, atMs: number): NodeSample {
  const records = (outcome: string): number =>
    metricSum(text, 'camshard_history_records_total', `outcome="${outcome}"`);
  const behind = new Map<string, number>();
  for (const [labels, value] of metricValues(text, 'camshard_alert_sink_behind_records')) {
    behind.set(/sink="([^"]*)"/.exec(labels)?.[1] ?? '', value);
  }
  return {
    atMs,
    rssBytes: metricSum(text, 'process_resident_memory_bytes'),
    loopP99Ms: metricSum(text, 'nodejs_eventloop_lag_p99_seconds') * 1_000,
    loopMaxMs: metricSum(text, 'nodejs_eventloop_lag_max_seconds') * 1_000,
    raised: metricSum(text, 'camshard_alert_changes_total'),
    unkept: metricSum(text, 'camshard_alert_changes_lost_total'),
    behind,
    lost: metricSum(text, 'camshard_alert_sink_lost_total'),
    refused: metricSum(text, 'camshard_alert_refusals_total'),
    history: {
      accepted: records('accepted'),
      stored: records('stored'),
      stale: records('stale'),
      aside: records('aside'),
      dropped: records('dropped'),
      waiting: metricSum(text, 'camshard_history_spool_records'),
    },
  };
}

/** Nothing waits for anybody. */
export function isDrained({ behind, history }: NodeSample): boolean {
  const { accepted, stored, stale, aside, dropped, waiting } = history;
  // A node that was killed has stored, since, what the one before it had accepted.
  const settled = accepted <= stored + stale + aside + dropped && waiting === 0;
  return settled && [...behind.values()].every((n) => n === 0);
}

const TIMEOUT_MS = 2_000;

/** Reads `/metrics`; undefined where the node does not answer. */
export async function readNode(httpUrl: string): Promise<NodeSample | undefined> {
  try {
    const response = await fetch(`${httpUrl}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    return response.ok ? nodeSample(text, systemClock.wallMs()) : undefined;
  } catch {
    return undefined;
  }
}

/** Reads `/metrics` again and again until stopped. */
export class NodeWatch {
  readonly samples: NodeSample[] = [];
  readonly #over = new AbortController();
  readonly #done: Promise<void>;

  constructor(httpUrl: string, intervalMs: number) {
    this.#done = this.#run(httpUrl, intervalMs);
  }

  async stop(): Promise<readonly NodeSample[]> {
    this.#over.abort();
    await this.#done;
    return this.samples;
  }

  async #run(httpUrl: string, intervalMs: number): Promise<void> {
    while (!this.#over.signal.aborted) {
      const sample = await readNode(httpUrl);
      if (sample !== undefined) this.samples.push(sample);
      await sleep(intervalMs, undefined, { signal: this.#over.signal }).catch(() => {});
    }
  }
}
