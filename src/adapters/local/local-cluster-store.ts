import type { Clock } from '../../../core/clock.ts';
import { CamshardError } from '../../../core/errors.ts';
import { ClusterState } from '../../../shards/cluster/cluster-state.ts';
import type { ClusterStore, CommitRequest, RenewRequest } from '../../../shards/cluster/store.ts';

/** A cluster within one process: everybody who holds this object is in it. */
export class LocalClusterStore implements ClusterStore {
  readonly #state: ClusterState;
  readonly #clock: Clock;
  #closed = false;

  constructor({ shardCount, clock }: { readonly shardCount: number; readonly clock: Clock }) {
    this.#state = new ClusterState(shardCount);
    this.#clock = clock;
  }

  async renew(request: RenewRequest) {
    this.#open();
    return this.#state.renew(request, this.#clock.nowMs());
  }

  async readMap() {
    this.#open();
    return this.#state.readMap();
  }

  async commit(request: CommitRequest) {
    this.#open();
    return this.#state.commit(request, this.#clock.nowMs());
  }

  async resign(request: Parameters<ClusterState['resign']>[0]): Promise<void> {
    this.#open();
    this.#state.resign(request);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #open(): void {
    if (this.#closed) throw new CamshardError('store_unavailable', 'the store is closed');
  }
}
