import type { NodeId } from '../../core/ids.ts';
import type { RenewAnswer } from '../../shards/cluster/store.ts';
import { TIMES } from './options.ts';

/**
 * What a node's adapter adds to the store's answers (src/adapters/redis/redis-cluster-store.ts): another server than at the
 * last answer may not have got the last renewals, so whoever was just seen alive is not called dead for one TTL, in which
 * those that live renew. The outage itself need not tell: it can be over between two renewals.
 */
export class StoreTrust {
  #history: number | undefined;
  #lived: ReadonlySet<NodeId> = new Set();
  #fromMs = Number.NEGATIVE_INFINITY;

  /** @param history of the server the answer came from; another one after each failover */
  told(answer: RenewAnswer, history: number, nowMs: number): RenewAnswer {
    if (this.#history !== undefined && this.#history !== history) this.#fromMs = nowMs + TIMES.leaseTtlMs;
    this.#history = history;
    if (answer.kind === 'taken') return answer;
    const untrusted = nowMs < this.#fromMs;
    const members = answer.members.map(({ info, alive }) => ({
      info,
      alive: alive || (untrusted && this.#lived.has(info.node)),
    }));
    this.#lived = new Set(members.filter((m) => m.alive).map((m) => m.info.node));
    return { ...answer, members };
  }
}
