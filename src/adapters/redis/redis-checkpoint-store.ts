import { randomUUID } from 'node:crypto';
import type { Result } from 'ioredis';
import { errorMessage } from '../../../core/errors.ts';
import type { NodeId, ShardId } from '../../../core/ids.ts';
import type { CameraCheckpoint, CheckpointStore, LedgerCheckpoint } from '../../checkpoints/port.ts';
import { isNothing } from '../nothing-kept.ts';
import { SAVE_CAMERAS, SAVE_LEDGERS, shardKeys, TAKE_CAMERAS, TAKE_LEDGERS } from './checkpoint-scripts.ts';
import type { OpenRedis } from './open-redis.ts';
import { packJson, unpackJson } from './packed-json.ts';
import { StoreUnavailableError } from './store-scripts.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    camshardSaveCameras(...keysAndArguments: (string | Buffer)[]): Result<number, Context>;
    camshardTakeCamerasBuffer(...keysAndArguments: string[]): Result<Buffer[], Context>;
    camshardSaveLedgers(...keysAndArguments: string[]): Result<number, Context>;
    camshardTakeLedgers(...keysAndArguments: string[]): Result<string[], Context>;
  }
}

export interface RedisCheckpointStoreOptions {
  /** Closed with the store. */
  readonly redis: OpenRedis;
  readonly cluster: string;
}

/** Cameras saved by one call of the script: none holds the server for long. */
const CAMERAS_MAX = 64;
/** An account that nobody has taken in a week belongs to a cluster that is no more. */
const LEDGERS_S = 7 * 86_400;
/** Ledgers taken are kept for whoever took them and did not hear the answer. */
const TAKEN_S = 3_600;
const CLAIMS_MAX = 4_096;

/** Checkpoints on Redis, each shard on a hash tag of its own. */
export class RedisCheckpointStore implements CheckpointStore {
  readonly #redis: OpenRedis;
  readonly #cluster: string;
  #seq = 0;
  /** By key of ledgers whose taking failed: asked again under the same name, what got lost is answered again. */
  readonly #unanswered = new Map<string, string>();

  constructor({ redis, cluster }: RedisCheckpointStoreOptions) {
    this.#redis = redis;
    this.#cluster = cluster;
    const { client } = redis;
    client.defineCommand('camshardSaveCameras', { numberOfKeys: 2, lua: SAVE_CAMERAS });
    client.defineCommand('camshardTakeCameras', { numberOfKeys: 2, lua: TAKE_CAMERAS });
    client.defineCommand('camshardSaveLedgers', { numberOfKeys: 1, lua: SAVE_LEDGERS });
    client.defineCommand('camshardTakeLedgers', { numberOfKeys: 2, lua: TAKE_LEDGERS });
  }

  async saveCameras(shard: ShardId, epoch: number, cameras: readonly CameraCheckpoint[]): Promise<'saved' | 'fenced'> {
    for (let from = 0; from === 0 || from < cameras.length; from += CAMERAS_MAX) {
      const some = cameras.slice(from, from + CAMERAS_MAX);
      // Numbered before the work off the thread, in which a later save may overtake this one.
      const seq = String(this.#seq++);
      const packed = await Promise.all(some.map((each) => (isNothing(each) ? Buffer.alloc(0) : packJson(each))));
      const args = some.flatMap(({ camera }, i) => [camera, packed[i] ?? Buffer.alloc(0)]);
      const saved = await this.#call(({ client }) =>
        client.camshardSaveCameras(...this.#cameraKeys(shard), String(epoch), seq, ...args),
      );
      if (saved === 0) return 'fenced';
      if (saved < 0) throw new StoreUnavailableError(`a later checkpoint of shard ${shard} has been saved meanwhile`);
    }
    return 'saved';
  }

  async take(shard: ShardId, epoch: number): Promise<readonly CameraCheckpoint[]> {
    const taken = await this.#call(({ client }) =>
      client.camshardTakeCamerasBuffer(...this.#cameraKeys(shard), String(epoch)),
    );
    try {
      return await Promise.all(
        taken.flatMap((bytes, i) => (i % 2 === 1 ? [unpackJson(bytes) as Promise<CameraCheckpoint>] : [])),
      );
    } catch (cause) {
      throw new StoreUnavailableError(`a checkpoint of shard ${shard} is damaged: ${errorMessage(cause)}`, { cause });
    }
  }

  async saveLedgers(node: NodeId, ledgers: readonly LedgerCheckpoint[]): Promise<void> {
    const byShard = new Map<ShardId, string[]>();
    for (const ledger of ledgers) {
      const args = byShard.get(ledger.shard) ?? [];
      byShard.set(ledger.shard, args);
      args.push(ledger.camera, JSON.stringify(ledger));
    }
    const seq = String(this.#seq++);
    await this.#call(({ client }) =>
      Promise.all(
        [...byShard].map(([shard, args]) =>
          client.camshardSaveLedgers(this.#ledgerKey(shard, node), seq, String(LEDGERS_S), ...args),
        ),
      ),
    );
  }

  async takeLedgers(node: NodeId, shards: readonly ShardId[]): Promise<readonly LedgerCheckpoint[]> {
    const claims = shards.map((shard) => {
      const key = this.#ledgerKey(shard, node);
      const claim = this.#unanswered.get(key) ?? `${key}:taken:${randomUUID()}`;
      this.#unanswered.delete(key); // whoever asks beside this is another one, and gets nothing
      return { key, claim };
    });
    const taken = await this.#call(({ client }) =>
      Promise.all(claims.map(({ key, claim }) => client.camshardTakeLedgers(key, claim, String(TAKEN_S)))),
    ).catch((error) => {
      for (const { key, claim } of claims) this.#keepClaim(key, claim);
      throw error;
    });
    return taken.flat().map((text) => JSON.parse(text) as LedgerCheckpoint);
  }

  async close(): Promise<void> {
    await this.#redis.close();
  }

  #keepClaim(key: string, claim: string): void {
    const [oldest] = this.#unanswered.keys();
    if (this.#unanswered.size >= CLAIMS_MAX && oldest !== undefined) this.#unanswered.delete(oldest);
    this.#unanswered.set(key, claim);
  }

  #cameraKeys(shard: ShardId): [string, string] {
    const prefix = shardKeys(this.#cluster, shard);
    return [`${prefix}fence`, `${prefix}cameras`];
  }

  #ledgerKey(shard: ShardId, node: NodeId): string {
    return `${shardKeys(this.#cluster, shard)}ledgers:${node}`;
  }

  async #call<T>(call: (redis: OpenRedis) => Promise<T>): Promise<T> {
    const { status } = this.#redis.client;
    // A cluster client queues what it is given before it knows the cluster.
    if (status !== 'ready') throw new StoreUnavailableError(`redis is ${status}`);
    try {
      return await this.#redis.calls.run(() => call(this.#redis));
    } catch (cause) {
      throw new StoreUnavailableError(`redis: ${errorMessage(cause)}`, { cause });
    }
  }
}
