import type { Frame } from '../core/frame.ts';
import type { Epoch } from '../core/ids.ts';
import type { FrameOutcome } from '../core/outcome.ts';
import type { CameraBook, CameraRecord } from './camera-book.ts';
import { type CameraOffer, streamTarget } from './flow/stream-target.ts';
import type { FrameSource } from './frame-source.ts';
import type {
  ConnectMessage,
  DisconnectMessage,
  FrameMessage,
  HelloReceived,
  OfferMessage,
  SettledMessage,
} from './messages.ts';
import type { Actor, ActorContext, ActorRef, StopReason } from './runtime/types.ts';

export type CameraMessage =
  | FrameMessage
  | ConnectMessage
  | HelloReceived
  | DisconnectMessage
  | SettledMessage
  | { readonly kind: 'idle' };

/** Told of each inferred frame, in order, with the picture it was found in. */
export type ResultListener = (
  record: CameraRecord,
  frame: Frame,
  outcome: Extract<FrameOutcome, { kind: 'inferred' }>,
  latencyMs: number,
) => void;

export interface CameraServices {
  readonly book: CameraBook;
  readonly epoch: Epoch;
  /** The device that serves this camera now. */
  readonly deviceFor: (record: CameraRecord) => ActorRef<OfferMessage>;
  readonly onResult: ResultListener;
  readonly creditWindow: number;
  readonly fpsTarget: number;
  readonly inputSize: number;
  readonly idleMs: number;
  /** Asks the shard to stop this actor. */
  readonly passivate: () => void;
}

interface Unanswered {
  readonly frame: Frame;
  readonly source: FrameSource;
  outcome: FrameOutcome | undefined;
}

/**
 * One per connected camera: passes its frames to a device, keeps its account, and answers in order.
 *
 * `#unanswered` holds the frames that are with the device, oldest first. It stays short whatever the camera does: one
 * frame waits in the device's slot and two batches are in flight; whatever is superseded leaves at once.
 */
export class CameraActor implements Actor<CameraMessage> {
  readonly #context: ActorContext<CameraMessage>;
  readonly #services: CameraServices;
  readonly #record: CameraRecord;
  #stream: FrameSource | undefined;
  #lastSeq = -1;
  #offer: CameraOffer = { fps: undefined, width: undefined, height: undefined };
  #unanswered: Unanswered[] = [];

  constructor(context: ActorContext<CameraMessage>, services: CameraServices, record: CameraRecord) {
    this.#context = context;
    this.#services = services;
    this.#record = record;
    this.#armIdle();
  }

  receive(message: CameraMessage): void {
    switch (message.kind) {
      case 'frame':
        return this.#onFrame(message.frame, message.source);
      case 'settled':
        return this.#onSettled(message.frame, message.outcome);
      case 'connect':
        return this.#onConnect(message.source);
      case 'hello':
        if (message.source !== this.#stream) return;
        this.#offer = { fps: message.hello.fps, width: message.hello.width, height: message.hello.height };
        return this.#welcome(message.source);
      case 'disconnect':
        if (message.source !== this.#stream) return;
        this.#stream = undefined;
        return this.#armIdle();
      case 'idle':
        if (this.#stream === undefined && this.#unanswered.length === 0) this.#services.passivate();
    }
  }

  /** What is still out has nobody to come back to: it is lost, and counted so. */
  onStop(reason: StopReason | 'restarting'): void {
    const lost = reason === 'failed' || reason === 'restarting' ? 'actor_failed' : 'shutdown';
    for (const entry of this.#unanswered.splice(0))
      this.#answer(entry, { kind: 'lost', reason: lost }, entry.frame.seq);
  }

  #onConnect(source: FrameSource): void {
    if (!source.open) return; // gone before its turn came
    this.#stream?.replaced();
    this.#offer = { fps: undefined, width: undefined, height: undefined };
    this.#follow(source);
    this.#welcome(source);
  }

  #follow(source: FrameSource): void {
    this.#stream = source;
    this.#lastSeq = -1;
    this.#context.setIdleTimeout(undefined);
  }

  #welcome(source: FrameSource): void {
    const { epoch, creditWindow, fpsTarget, inputSize } = this.#services;
    const target = streamTarget(this.#offer, fpsTarget, inputSize);
    source.welcome({ shard: this.#record.shard, epoch, credit: creditWindow, target });
  }

  #onFrame(frame: Frame, source: FrameSource): void {
    this.#record.lastHeader = frame.header;
    const entry: Unanswered = { frame, source, outcome: undefined };
    if (source.kind === 'stream') {
      // After a restart the actor knows no connection: the one that goes on sending is it. A goodbye may overtake
      // frames, so one that has closed is not followed.
      if (this.#stream === undefined && source.open) this.#follow(source);
      // A frame of a connection that was replaced meanwhile has a newer one behind it by definition.
      if (this.#stream !== undefined && source !== this.#stream) {
        return this.#answer(entry, { kind: 'shed', reason: 'superseded' }, frame.seq);
      }
      if (frame.seq <= this.#lastSeq) {
        return this.#answer(entry, { kind: 'shed', reason: 'out_of_order' }, this.#answeredUpTo(source));
      }
      this.#lastSeq = frame.seq;
    }
    this.#unanswered.push(entry);
    const device = this.#services.deviceFor(this.#record);
    const told = device.tell({ kind: 'offer', frame, priority: 'normal', replyTo: this.#context.self });
    if (told !== 'accepted') this.#onSettled(frame, { kind: 'shed', reason: 'mailbox_full' });
  }

  #onSettled(frame: Frame, outcome: FrameOutcome): void {
    const index = this.#unanswered.findIndex((entry) => entry.frame === frame);
    const entry = this.#unanswered[index];
    if (entry === undefined) return; // settled as lost when this actor restarted
    if (outcome.kind !== 'inferred') {
      // No detections to put in order: answered at once, so that a slow batch holds up nobody's account.
      this.#unanswered.splice(index, 1);
      this.#answer(entry, outcome, this.#answeredUpTo(entry.source));
    } else {
      entry.outcome = outcome;
    }
    this.#answerInOrder();
  }

  /** Results leave in the order their frames came, however the batches finished. */
  #answerInOrder(): void {
    for (;;) {
      const head = this.#unanswered[0];
      if (head?.outcome === undefined) break;
      this.#unanswered.shift();
      this.#answer(head, head.outcome, this.#answeredUpTo(head.source));
    }
    if (this.#unanswered.length === 0 && this.#stream === undefined) this.#armIdle();
  }

  #answer({ frame, source }: Unanswered, outcome: FrameOutcome, answeredUpTo: number): void {
    const latencyMs = this.#context.clock.nowMs() - frame.receivedAtMs;
    this.#services.book.settle(this.#record, outcome, latencyMs);
    source.settled(frame, outcome, latencyMs, answeredUpTo);
    if (outcome.kind === 'inferred') this.#services.onResult(this.#record, frame, outcome, latencyMs);
  }

  #answeredUpTo(source: FrameSource): number {
    const oldest = this.#unanswered.find((entry) => entry.source === source);
    return oldest === undefined ? this.#lastSeq : oldest.frame.seq - 1;
  }

  #armIdle(): void {
    this.#context.setIdleTimeout(this.#services.idleMs, { kind: 'idle' });
  }
}
