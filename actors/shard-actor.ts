import { CAMERA_MAILBOX_MAX, CONTROL_MAILBOX_MAX } from '../config/limits.ts';
import type { CameraId } from '../core/ids.ts';
import { CameraActor, type CameraMessage, type CameraServices } from './camera-actor.ts';
import type { CameraRecord } from './camera-book.ts';
import { dropRouted } from './dropped.ts';
import { cameraOf, laneOf, type RoutedMessage } from './messages.ts';
import type { Actor, ActorContext, ActorRef, Props, StopReason } from './runtime/types.ts';

export type ShardMessage =
  | RoutedMessage
  /** Hand-off: cameras take no new frames, and `done` is called once none has any in flight. */
  | { readonly kind: 'seal'; readonly withinMs: number; readonly done: () => void }
  | { readonly kind: 'unseal' }
  | { readonly kind: 'camera-sealed'; readonly camera: CameraId }
  | { readonly kind: 'passivate'; readonly camera: CameraId }
  /** A camera actor failed too often and was stopped; the next frame starts a fresh one. */
  | { readonly kind: 'camera-stopped'; readonly camera: CameraId; readonly ref: ActorRef<CameraMessage> };

/** What a shard hands its cameras; the ways to passivate and to be sealed are the shard's own. */
export type ShardServices = Omit<CameraServices, 'passivate' | 'sealed'>;

interface Child {
  readonly ref: ActorRef<CameraMessage>;
  readonly record: CameraRecord;
}

/** Supervises the camera actors of one shard: starts one at a camera's first message, stops it when idle. */
export class ShardActor implements Actor<ShardMessage> {
  readonly #context: ActorContext<ShardMessage>;
  readonly #services: ShardServices;
  readonly #cameras = new Map<CameraId, Child>();
  #sealed = false;
  /** Cameras that have frames in flight yet, while a seal is under way. */
  readonly #unsealed = new Set<CameraId>();
  #onSealed: (() => void) | undefined;

  constructor(context: ActorContext<ShardMessage>, services: ShardServices) {
    this.#context = context;
    this.#services = services;
  }

  /**
   * After a failure the cameras' actors are gone, and the next incarnation knows none of them. When the node stops the
   * records stay: whoever still asks is told of the cameras there were, not of an empty node.
   */
  onStop(reason: StopReason | 'restarting'): void {
    this.#allSealed();
    if (reason !== 'restarting' && reason !== 'failed') return;
    for (const { record } of this.#cameras.values()) this.#close(record);
  }

  receive(message: ShardMessage): void | Promise<void> {
    switch (message.kind) {
      case 'passivate':
        return this.#passivate(message.camera);
      case 'camera-stopped':
        return this.#onCameraStopped(message.camera, message.ref);
      case 'seal':
        return this.#seal(message.withinMs, message.done);
      case 'unseal':
        return this.#unseal();
      case 'camera-sealed':
        return this.#onCameraSealed(message.camera);
      default:
        return this.#toCamera(message);
    }
  }

  #toCamera(message: RoutedMessage): void {
    // Behind the seal the region holds what comes; this came before it.
    if (this.#sealed && (message.kind === 'frame' || message.kind === 'connect')) return this.#services.bounce(message);
    const camera = cameraOf(message);
    const known = this.#cameras.get(camera);
    if (known !== undefined) {
      known.ref.tell(message);
    } else if (message.kind === 'frame' || message.kind === 'connect' || message.kind === 'settings') {
      this.#start(camera, message.record).tell(message);
    }
    // A hello or goodbye for a camera nobody knows: its actor has already stopped, and with it what was to be told.
  }

  #onCameraStopped(camera: CameraId, ref: ActorRef<CameraMessage>): void {
    const child = this.#cameras.get(camera);
    if (child?.ref !== ref) return;
    this.#cameras.delete(camera);
    this.#close(child.record);
    this.#onCameraSealed(camera);
  }

  #seal(withinMs: number, done: () => void): void {
    this.#sealed = true;
    this.#onSealed = done;
    for (const [camera, { ref }] of this.#cameras) {
      this.#unsealed.add(camera);
      ref.tell({ kind: 'seal', withinMs });
    }
    if (this.#unsealed.size === 0) this.#allSealed();
  }

  #onCameraSealed(camera: CameraId): void {
    if (this.#unsealed.delete(camera) && this.#unsealed.size === 0) this.#allSealed();
  }

  #allSealed(): void {
    this.#unsealed.clear();
    const done = this.#onSealed;
    this.#onSealed = undefined;
    done?.();
  }

  #unseal(): void {
    this.#sealed = false;
    this.#unsealed.clear();
    this.#onSealed = undefined;
    for (const { ref } of this.#cameras.values()) ref.tell({ kind: 'unseal' });
  }

  #start(camera: CameraId, record: CameraRecord): ActorRef<CameraMessage> {
    const ref = this.#context.spawn(camera, this.#cameraProps(camera, record));
    this.#cameras.set(camera, { ref, record });
    record.hasActor = true;
    this.#context.watch(ref, { kind: 'camera-stopped', camera, ref });
    return ref;
  }

  #cameraProps(camera: CameraId, record: CameraRecord): Props<CameraMessage> {
    const passivate = (): void => {
      this.#context.self.tell({ kind: 'passivate', camera });
    };
    const sealed = (): void => {
      this.#context.self.tell({ kind: 'camera-sealed', camera });
    };
    return {
      create: (context) => new CameraActor(context, { ...this.#services, passivate, sealed }, record),
      mailbox: { control: CONTROL_MAILBOX_MAX, frame: CAMERA_MAILBOX_MAX, overflow: 'reject' },
      laneOf,
      onDropped: (message, reason) => {
        if ('source' in message) dropRouted(this.#services.book, message, reason);
      },
    };
  }

  /**
   * Stops an idle camera actor. The promise holds up this shard's mailbox until it has stopped, so that a frame that
   * arrives meanwhile finds no half-stopped actor but starts a new one.
   */
  async #passivate(camera: CameraId): Promise<void> {
    const child = this.#cameras.get(camera);
    if (child === undefined || child.record.connections > 0 || child.record.inFlight > 0) return;
    this.#cameras.delete(camera);
    this.#context.unwatch(child.ref);
    await this.#context.stop(child.ref, 'drain');
    this.#close(child.record);
    this.#onCameraSealed(camera);
  }

  /** The camera has no actor any more: its record ends here, or with the last connection that holds it. */
  #close(record: CameraRecord): void {
    record.hasActor = false;
    this.#services.book.fold(record);
  }
}
