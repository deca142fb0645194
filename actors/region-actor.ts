import { CONTROL_MAILBOX_MAX, SHARD_MAILBOX_MAX } from '../config/limits.ts';
import type { ShardId } from '../core/ids.ts';
import type { Ring } from '../shards/ring.ts';
import { dropRouted } from './dropped.ts';
import { cameraOf, laneOf, type RoutedMessage } from './messages.ts';
import type { Actor, ActorContext, ActorRef } from './runtime/types.ts';
import { ShardActor, type ShardMessage, type ShardServices } from './shard-actor.ts';

export type RegionMessage =
  | RoutedMessage
  /** A shard actor failed too often and was stopped; the next message starts a fresh one. */
  | { readonly kind: 'shard-stopped'; readonly shard: ShardId; readonly ref: ActorRef<ShardMessage> };

/** Hosts the shards this node owns: camera → shard by the ring, shard → actor, started at the first message. */
export class RegionActor implements Actor<RegionMessage> {
  readonly #context: ActorContext<RegionMessage>;
  readonly #ring: Ring;
  readonly #services: ShardServices;
  readonly #shards = new Map<ShardId, ActorRef<ShardMessage>>();

  constructor(context: ActorContext<RegionMessage>, ring: Ring, services: ShardServices) {
    this.#context = context;
    this.#ring = ring;
    this.#services = services;
  }

  receive(message: RegionMessage): void {
    if (message.kind === 'shard-stopped') {
      if (this.#shards.get(message.shard) === message.ref) this.#shards.delete(message.shard);
      return;
    }
    const shard = 'record' in message ? message.record.shard : this.#ring.shardOf(cameraOf(message));
    (this.#shards.get(shard) ?? this.#start(shard)).tell(message);
  }

  #start(shard: ShardId): ActorRef<ShardMessage> {
    const ref = this.#context.spawn<ShardMessage>(`shard-${shard}`, {
      create: (context) => new ShardActor(context, this.#services),
      mailbox: { control: CONTROL_MAILBOX_MAX, frame: SHARD_MAILBOX_MAX, overflow: 'reject' },
      laneOf,
      onDropped: (message, reason) => {
        if (message.kind !== 'passivate' && message.kind !== 'camera-stopped')
          dropRouted(this.#services.book, message, reason);
      },
    });
    this.#shards.set(shard, ref);
    this.#context.watch(ref, { kind: 'shard-stopped', shard, ref });
    return ref;
  }
}
