import { CONTROL_MAILBOX_MAX, SHARD_MAILBOX_MAX } from '../config/limits.ts';
import type { NodeId, ShardId } from '../core/ids.ts';
import type { ShedReason } from '../core/outcome.ts';
import type { Ring } from '../shards/ring.ts';
import type { CameraRecord } from './camera-book.ts';
import type { CameraRelay, CameraRelays } from './camera-relays.ts';
import { dropRouted } from './dropped.ts';
import { type FrameSource, NONE_ANSWERED } from './frame-source.ts';
import type { HeldFrames } from './held-frames.ts';
import { type FrameMessage, laneOf, type RoutedMessage } from './messages.ts';
import type { Ownership } from './ownership.ts';
import type { Actor, ActorContext, ActorRef } from './runtime/types.ts';
import { ShardActor, type ShardMessage, type ShardServices } from './shard-actor.ts';
import { type StreamRoute, StreamRoutes } from './stream-routes.ts';

export type RegionMessage =
  | RoutedMessage
  /** Who owns these shards, or whether this node may serve them, has changed. */
  | { readonly kind: 'ownership'; readonly shards: Iterable<ShardId> }
  /** Hand-off: nothing new goes to the shard's devices; `done` once nothing of it is in flight. */
  | { readonly kind: 'seal'; readonly shard: ShardId; readonly withinMs: number; readonly done: () => void }
  | { readonly kind: 'unseal'; readonly shard: ShardId }
  /** The shard is somebody else's: its actor stops; `done` once it has. */
  | { readonly kind: 'close-shard'; readonly shard: ShardId; readonly done: () => void }
  | { readonly kind: 'relay-ended'; readonly relay: CameraRelay }
  /** A request was answered by another node: its record may go. */
  | { readonly kind: 'let-go'; readonly record: CameraRecord }
  | { readonly kind: 'look' }
  /** A shard actor stopped, by order or because it failed too often; the next message starts a fresh one. */
  | { readonly kind: 'shard-stopped'; readonly shard: ShardId; readonly ref: ActorRef<ShardMessage> };

export interface RegionServices extends Omit<ShardServices, 'epoch' | 'bounce'> {
  readonly ring: Ring;
  readonly ownership: Ownership;
  readonly relays: CameraRelays;
  /** Frames held for shards on the move. */
  readonly held: HeldFrames;
}

interface Shard {
  readonly ref: ActorRef<ShardMessage>;
  /** Ordered to stop: what comes meanwhile is held. */
  stopping: boolean;
}

/** Streams are looked over this often while some wait for an owner, ... */
const LOOK_MS = 100;
/** ... and what was held for longer than a hand-off takes is shed. */
const HOLD_MS_MAX = 1_500;

/**
 * Hosts the shards this node owns, and sends the cameras of others there.
 *
 *     owned ───► shard actor ─► camera actor
 *     remote ──► the owner, by redirect where the camera follows one, over the node link else
 *     held ────► waits here: the shard is on its way
 *     nobody ──► waits a moment, is shed then
 */
export class RegionActor implements Actor<RegionMessage> {
  readonly #context: ActorContext<RegionMessage>;
  readonly #services: RegionServices;
  readonly #shards = new Map<ShardId, Shard>();
  readonly #streams = new StreamRoutes();
  readonly #held: HeldFrames;
  #looking = false;

  constructor(context: ActorContext<RegionMessage>, services: RegionServices) {
    this.#context = context;
    this.#services = services;
    this.#held = services.held;
  }

  receive(message: RegionMessage): void {
    switch (message.kind) {
      case 'frame':
        return message.source.kind === 'stream' ? this.#onStreamFrame(message) : this.#onRequest(message);
      case 'connect':
        return this.#route(this.#streams.open(message.source, message.record));
      case 'hello':
        return this.#onHello(message.source, message);
      case 'disconnect':
        return this.#onDisconnect(message);
      case 'settings':
        // A camera that is another node's is expected there.
        if (this.#owns(message.record.shard)) this.#tellShard(message.record.shard, message);
        else this.#letGo(message.record);
        return;
      case 'ownership':
        for (const shard of message.shards) this.#reroute(shard);
        return;
      case 'seal':
        return this.#seal(message);
      case 'unseal':
        this.#shards.get(message.shard)?.ref.tell({ kind: 'unseal' });
        return this.#reroute(message.shard);
      case 'close-shard':
        return this.#closeShard(message.shard, message.done);
      case 'relay-ended':
        for (const route of this.#streams.of(message.relay)) {
          // Ended by the other side it would be opened again at once, and again: it waits for the next look.
          const byUs = route.ending;
          route.relay = undefined;
          route.ending = false;
          if (byUs) this.#route(route);
          else this.#awaitOwner();
        }
        return;
      case 'let-go':
        return this.#letGo(message.record);
      case 'look':
        return this.#look();
      case 'shard-stopped':
        if (this.#shards.get(message.shard)?.ref === message.ref) this.#shards.delete(message.shard);
        return this.#reroute(message.shard);
    }
  }

  /** The node stops, or this actor failed: what is held has nobody left to wait for. */
  onStop(): void {
    for (const source of this.#held.sources()) this.#shedHeld(source, 'draining');
    for (const route of this.#streams.all()) route.relay?.end();
  }

  #onStreamFrame(message: FrameMessage): void {
    const { source, record } = message;
    // After a restart the region knows no streams: one that goes on sending is taken up again.
    const route = this.#streams.get(source) ?? (source.open ? this.#streams.open(source, record) : undefined);
    if (route === undefined) return this.#shed(message, 'superseded');
    if (this.#owns(record.shard)) {
      if (!route.here) this.#route(route);
      if (route.here) this.#tellShard(record.shard, message);
      else this.#hold(message);
      return;
    }
    if (route.relay === undefined) this.#route(route);
    this.#relayOrHold(route, message);
  }

  #relayOrHold(route: StreamRoute, message: FrameMessage): void {
    const sent = route.ending ? 'ended' : route.relay?.frame(message);
    if (sent === 'sent') return;
    if (sent === 'full') return this.#shed(message, 'link_full');
    this.#hold(message);
  }

  /** A single picture: its answer is all there is to route. */
  #onRequest(message: FrameMessage): void {
    const { record, source } = message;
    const standing = this.#services.ownership.standing(record.shard);
    if (standing.kind === 'owned' && this.#owns(record.shard)) {
      this.#tellShard(record.shard, message);
      return;
    }
    record.remote = true;
    if (standing.kind === 'remote' && source.relayed) {
      // Its ingress looks again, and has the frame back.
      source.refused('not_owner');
      return this.#shed(message, 'moving');
    }
    if (standing.kind === 'remote') {
      const relay = this.#services.relays.open(standing.node, record, source, {
        returned: (returned) => void this.#context.self.tell(returned),
        ended: () => void this.#context.self.tell({ kind: 'let-go', record }),
      });
      const sent = relay?.frame(message);
      if (sent === 'sent') return;
      relay?.end();
      if (sent === 'full') return this.#shed(message, 'link_full');
    }
    this.#hold(message);
  }

  #onHello(source: FrameSource, message: Extract<RoutedMessage, { kind: 'hello' }>): void {
    const route = this.#streams.get(source);
    if (route === undefined) return;
    route.hello = message.hello;
    if (route.here) this.#tellShard(route.record.shard, message);
    else route.relay?.hello(message.hello);
  }

  #onDisconnect(message: Extract<RoutedMessage, { kind: 'disconnect' }>): void {
    const { source } = message;
    const route = this.#streams.close(source);
    const held = this.#held.take(source);
    if (held !== undefined) this.#shed(held, 'superseded');
    if (route === undefined) return;
    route.relay?.end();
    if (route.here) this.#tellShard(route.record.shard, message);
    else this.#letGo(route.record);
  }

  /** Brings a stream to where its shard is now; does nothing where it is there already. */
  #route(route: StreamRoute): void {
    const { source, record } = route;
    const standing = this.#services.ownership.standing(record.shard);
    if (this.#owns(record.shard)) {
      if (route.relay !== undefined) return this.#endRelay(route);
      record.remote = false;
      if (!route.here) {
        route.here = true;
        this.#tellShard(record.shard, { kind: 'connect', camera: record.camera, source, record });
        if (route.hello !== undefined) {
          this.#tellShard(record.shard, { kind: 'hello', camera: record.camera, source, hello: route.hello });
        }
      }
      const held = this.#held.take(source);
      if (held !== undefined) this.#tellShard(record.shard, held);
      return;
    }
    route.here = false;
    record.remote = true;
    if (standing.kind !== 'remote') return this.#awaitOwner();
    // Relayed here by a node whose view is behind: it is told, and looks again.
    if (source.relayed) return source.refused('not_owner');
    if (route.relay !== undefined && route.relay.node !== standing.node) return this.#endRelay(route);
    route.relay ??= this.#openRelay(standing.node, route);
    const url = this.#services.relays.addressOf(standing.node);
    if (url !== undefined && source.follows && route.redirectedTo !== standing.epoch) {
      route.redirectedTo = standing.epoch;
      source.redirect({ url, shard: record.shard, epoch: standing.epoch });
    }
    if (route.relay === undefined) return this.#awaitOwner();
    const held = this.#held.take(source);
    if (held !== undefined) this.#relayOrHold(route, held);
  }

  #openRelay(node: NodeId, route: StreamRoute): CameraRelay | undefined {
    const relay: CameraRelay | undefined = this.#services.relays.open(node, route.record, route.source, {
      returned: (message) => void this.#context.self.tell(message),
      ended: () => {
        if (relay !== undefined) this.#context.self.tell({ kind: 'relay-ended', relay });
      },
    });
    if (relay !== undefined && route.hello !== undefined) relay.hello(route.hello);
    return relay;
  }

  /** The way is another one by now: it is taken once what is out on the old one has been answered. */
  #endRelay(route: StreamRoute): void {
    if (route.ending) return;
    route.ending = true;
    route.relay?.end();
  }

  #reroute(shard: ShardId): void {
    for (const route of this.#streams.ofShard(shard)) this.#route(route);
    for (const source of this.#held.sources()) {
      if (source.kind !== 'request') continue;
      const held = this.#held.take(source);
      if (held?.record.shard === shard) this.#onRequest(held);
      else if (held !== undefined) this.#hold(held);
    }
  }

  /** Some streams wait for an owner: looks again soon. */
  #awaitOwner(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#context.schedule(LOOK_MS, { kind: 'look' });
  }

  #look(): void {
    this.#looking = false;
    const nowMs = this.#context.clock.nowMs();
    for (const held of this.#held.takeOlder(nowMs - HOLD_MS_MAX)) {
      const { kind } = this.#services.ownership.standing(held.record.shard);
      this.#shed(held, kind === 'nobody' ? 'unowned' : 'moving');
    }
    for (const route of this.#streams.all()) if (!route.here && route.relay === undefined) this.#route(route);
    if (this.#held.size > 0) this.#awaitOwner();
  }

  #hold(message: FrameMessage): void {
    this.#awaitOwner();
    const older = this.#held.hold(message);
    if (older === 'full') this.#shed(message, 'moving');
    else if (older !== undefined) this.#shed(older, 'superseded');
  }

  #shedHeld(source: FrameSource, reason: ShedReason): void {
    const held = this.#held.take(source);
    if (held !== undefined) this.#shed(held, reason);
  }

  #shed({ record, frame, source }: FrameMessage, reason: ShedReason): void {
    const outcome = { kind: 'shed', reason } as const;
    frame.trace?.mark('route');
    this.#services.book.settle(record, outcome, undefined, source.relayed);
    source.settled(frame, outcome, 0, NONE_ANSWERED);
    if (source.kind === 'request') this.#letGo(record);
  }

  /** The shard is this node's and its actor may be told. */
  #owns(shard: ShardId): boolean {
    return this.#services.ownership.standing(shard).kind === 'owned' && this.#shards.get(shard)?.stopping !== true;
  }

  #tellShard(shard: ShardId, message: RoutedMessage): void {
    (this.#shards.get(shard)?.ref ?? this.#start(shard)).tell(message);
  }

  #start(shard: ShardId): ActorRef<ShardMessage> {
    const standing = this.#services.ownership.standing(shard);
    if (standing.kind !== 'owned') throw new Error(`shard ${shard} is not owned here`);
    const services: ShardServices = {
      ...this.#services,
      epoch: standing.epoch,
      bounce: (message) => void this.#context.self.tell(message),
    };
    const ref = this.#context.spawn<ShardMessage>(`shard-${shard}`, {
      create: (context) => new ShardActor(context, services),
      mailbox: { control: CONTROL_MAILBOX_MAX, frame: SHARD_MAILBOX_MAX, overflow: 'reject' },
      laneOf,
      onDropped: (message, reason) => {
        if ('camera' in message && 'source' in message) dropRouted(this.#services.book, message, reason);
        else if (message.kind === 'frame') this.#onDropped(message, reason);
        else if (message.kind === 'seal') message.done();
      },
    });
    this.#shards.set(shard, { ref, stopping: false });
    this.#context.watch(ref, { kind: 'shard-stopped', shard, ref });
    return ref;
  }

  /** Frames behind the order to stop are not lost: the shard is somewhere else by now. */
  #onDropped(message: FrameMessage, reason: 'full' | 'stopped' | 'failed'): void {
    const stopping = this.#shards.get(message.record.shard)?.stopping === true;
    if (reason !== 'stopped' || !stopping || this.#context.self.tell(message) !== 'accepted') {
      dropRouted(this.#services.book, message, reason);
    }
  }

  #seal({ shard, withinMs, done }: Extract<RegionMessage, { kind: 'seal' }>): void {
    const known = this.#shards.get(shard);
    for (const route of this.#streams.ofShard(shard)) this.#route(route);
    if (known === undefined || known.stopping || known.ref.tell({ kind: 'seal', withinMs, done }) !== 'accepted')
      done();
  }

  #closeShard(shard: ShardId, done: () => void): void {
    const known = this.#shards.get(shard);
    if (known === undefined) {
      done();
      return this.#reroute(shard);
    }
    known.stopping = true;
    this.#reroute(shard);
    this.#context.stop(known.ref, 'now').then(done, done);
  }

  /** Nobody here works for the camera: its record goes once nobody holds it. */
  #letGo(record: CameraRecord): void {
    if (this.#owns(record.shard) && this.#shards.has(record.shard)) return;
    record.hasActor = false;
    this.#services.book.fold(record);
  }
}
