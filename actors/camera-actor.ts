import type { Findings } from '../analytics/camera-analytics.ts';
import type { Frame } from '../core/frame.ts';
import type { FrameTrace } from '../core/frame-trace.ts';
import type { CameraId, Epoch } from '../core/ids.ts';
import type { FrameOutcome, LostReason } from '../core/outcome.ts';
import type { StreamTarget } from '../core/protocol.ts';
import type { GateSettings } from '../models/gate/motion-gate.ts';
import { type AnalysisServices, CameraAnalysis } from './camera-analysis.ts';
import type { CameraBook, CameraRecord } from './camera-book.ts';
import { CameraEye } from './camera-eye.ts';
import type { CameraFlow } from './camera-flow.ts';
import { CameraGate } from './camera-gate.ts';
import type { SamplingRange } from './flow/sampling.ts';
import { type CameraOffer, streamTarget } from './flow/stream-target.ts';
import { type Told, worthTelling } from './flow/tell-credit.ts';
import type { FlowView } from './flow-view.ts';
import type { FrameSource } from './frame-source.ts';
import type {
  ConnectMessage,
  DisconnectMessage,
  FrameMessage,
  HelloReceived,
  OfferMessage,
  SettingsChanged,
  SettledMessage,
} from './messages.ts';
import type { Actor, ActorContext, ActorRef, StopReason } from './runtime/types.ts';

export type CameraMessage =
  | FrameMessage
  | ConnectMessage
  | HelloReceived
  | DisconnectMessage
  | SettledMessage
  | SettingsChanged
  /** Hand-off: no new frames; those in flight have so long. */
  | { readonly kind: 'seal'; readonly withinMs: number }
  | { readonly kind: 'unseal' }
  | { readonly kind: 'seal-over' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'tick' };

/** Told of each inferred frame, in order, with the picture it was found in. */
export type ResultListener = (
  record: CameraRecord,
  frame: Frame,
  outcome: Extract<FrameOutcome, { kind: 'inferred' }>,
  latencyMs: number,
  findings: Findings | undefined,
) => void;

export interface CameraServices {
  readonly book: CameraBook;
  readonly epoch: Epoch;
  /** The device that serves this camera now. */
  readonly deviceFor: (record: CameraRecord) => ActorRef<OfferMessage>;
  readonly onResult: ResultListener;
  /** Where the node stands on its ladder. */
  readonly flow: FlowView;
  /** The motion gate's settings; undefined where every frame is analysed. */
  readonly gate: GateSettings | undefined;
  readonly adaptiveSampling: boolean;
  /** How the camera ranks and what it may be asked for where its settings do not say. */
  readonly flowOf: (camera: CameraId) => Pick<CameraFlow, 'priority' | 'range'>;
  /** Undefined where detections are all that is wanted. */
  readonly analysis: AnalysisServices | undefined;
  readonly idleMs: number;
  /** Asks the shard to stop this actor. */
  readonly passivate: () => void;
  /** Nothing of this camera is in flight, and what it remembers is saved. */
  readonly sealed: () => void;
  /** Gives back what came behind a seal, to be sent where the camera is served then. */
  readonly bounce: (message: FrameMessage | ConnectMessage) => void;
}

interface Unanswered {
  readonly frame: Frame;
  readonly source: FrameSource;
  outcome: FrameOutcome | undefined;
  /** Its answer is out; it is only kept so that analytics hears of it in order. */
  answered: boolean;
}

const TICK_MS = 1_000;

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
  readonly #gate: CameraGate | undefined;
  readonly #analysis: CameraAnalysis | undefined;
  /** Looks at the frames of a stream; those of requests are run whatever the gate says. */
  readonly #eye: CameraEye | undefined;
  readonly #requestEye: CameraEye | undefined;
  #stream: FrameSource | undefined;
  #lastSeq = -1;
  #offer: CameraOffer = { fps: undefined, width: undefined, height: undefined };
  /** What the stream was last told to send. */
  #told: Told | undefined;
  #unanswered: Unanswered[] = [];
  #sealed = false;
  #sealTimer: { cancel(): void } | undefined;

  constructor(context: ActorContext<CameraMessage>, services: CameraServices, record: CameraRecord) {
    this.#context = context;
    this.#services = services;
    this.#record = record;
    const { gate, adaptiveSampling, analysis } = services;
    this.#gate = gate && new CameraGate(gate, adaptiveSampling, services.flow, record.flow, context.clock.nowMs());
    this.#analysis = analysis && new CameraAnalysis(analysis, record, services.epoch, context.clock);
    const notes = (): boolean => this.#analysis?.settings.health.enabled ?? false;
    if (this.#gate !== undefined || analysis !== undefined) this.#eye = new CameraEye(this.#gate, notes);
    if (analysis !== undefined) {
      this.#requestEye = new CameraEye(undefined, notes);
      context.schedule(TICK_MS, { kind: 'tick' });
    }
    this.#applySettings();
    this.#armIdle();
  }

  receive(message: CameraMessage): void {
    switch (message.kind) {
      case 'frame':
        return this.#sealed ? this.#services.bounce(message) : this.#onFrame(message.frame, message.source);
      case 'settled':
        return this.#onSettled(message.frame, message.outcome);
      case 'connect':
        return this.#sealed ? this.#services.bounce(message) : this.#onConnect(message.source);
      case 'seal':
        this.#sealed = true;
        this.#sealTimer = this.#context.schedule(message.withinMs, { kind: 'seal-over' });
        return this.#reportSealed();
      case 'unseal':
        this.#sealed = false;
        return this.#sealTimer?.cancel();
      case 'seal-over':
        return this.#endSeal();
      case 'hello':
        if (message.source !== this.#stream) return;
        this.#offer = { fps: message.hello.fps, width: message.hello.width, height: message.hello.height };
        this.#want();
        return this.#welcome(message.source);
      case 'disconnect':
        if (message.source !== this.#stream) return;
        this.#stream = undefined;
        return this.#armIdle();
      case 'settings':
        this.#analysis?.reload();
        return this.#applySettings();
      case 'tick':
        this.#context.schedule(TICK_MS, { kind: 'tick' });
        // What a seal has saved is all there is: nothing may be found after it.
        return this.#sealed ? undefined : this.#analysis?.tick();
      case 'idle':
        if (this.#sealed) return;
        if (this.#stream !== undefined || this.#unanswered.length > 0 || this.#analysis?.waits === true) return;
        this.#services.passivate();
    }
  }

  /** What is still out has nobody to come back to: it is lost, and counted so. */
  onStop(reason: StopReason | 'restarting'): void {
    const failed = reason === 'failed' || reason === 'restarting';
    this.#loseUnanswered(failed ? 'actor_failed' : 'shutdown');
    if (this.#sealed) return; // saved when it was sealed
    if (failed) this.#analysis?.drop();
    else this.#analysis?.save(false);
  }

  #loseUnanswered(reason: LostReason): void {
    for (const entry of this.#unanswered.splice(0)) {
      if (!entry.answered) this.#answer(entry, { kind: 'lost', reason }, entry.frame.seq);
    }
  }

  /** The time for frames in flight is over: those that come later find nobody. */
  #endSeal(): void {
    if (!this.#sealed) return;
    this.#loseUnanswered('handoff');
    this.#reportSealed();
  }

  #reportSealed(): void {
    if (!this.#sealed || this.#unanswered.length > 0) return;
    this.#sealTimer?.cancel();
    this.#analysis?.save(false);
    this.#services.sealed();
  }

  /** What the camera's own settings say of its stream, else what the node's configuration does. */
  #applySettings(): void {
    const { flow, camera } = this.#record;
    const settings = this.#analysis?.settings;
    const node = this.#services.flowOf(camera);
    flow.priority = settings?.priority ?? node.priority;
    flow.range =
      settings === undefined || settings.fps === null
        ? node.range
        : { fpsMin: settings.fps.min, fpsMax: settings.fps.max };
    this.#want();
  }

  #onConnect(source: FrameSource): void {
    if (!source.open) return; // gone before its turn came
    // It is here by itself already: what still comes the old way is from before.
    if (source.relayed && source.redirected && this.#stream?.open === true && !this.#stream.relayed) return;
    this.#stream?.replaced();
    this.#offer = { fps: undefined, width: undefined, height: undefined };
    this.#follow(source);
    this.#welcome(source);
  }

  #follow(source: FrameSource): void {
    this.#stream = source;
    this.#lastSeq = -1;
    this.#told = undefined;
    this.#record.flow.expelled = false;
    this.#record.flow.disobedientSinceMs = undefined;
    this.#context.setIdleTimeout(undefined);
  }

  #welcome(source: FrameSource): void {
    const { credit } = this.#record.flow;
    const target = this.#target();
    this.#told = { credit, target, atMs: this.#context.clock.nowMs() };
    source.welcome({ shard: this.#record.shard, epoch: this.#services.epoch, credit, target });
  }

  /** New credit goes along with an answer, where it has changed enough to be worth a message. */
  #tellCredit(source: FrameSource): void {
    if (source !== this.#stream) return;
    const { credit } = this.#record.flow;
    const target = this.#target();
    const nowMs = this.#context.clock.nowMs();
    if (this.#told !== undefined && !worthTelling(this.#told, credit, target, nowMs)) return;
    this.#told = { credit, target, atMs: nowMs };
    source.credit(credit, target);
  }

  #target(): StreamTarget {
    return streamTarget(this.#offer, this.#record.flow.targetFps, this.#services.flow.inputSize);
  }

  #range(): SamplingRange {
    const { fpsMin, fpsMax } = this.#record.flow.range;
    return { fpsMin, fpsMax: Math.min(fpsMax, this.#offer.fps ?? fpsMax) };
  }

  /** Says what this camera should be asked for, by its scene; the flow actor says what it gets of that. */
  #want(): void {
    const { flow } = this.#record;
    const range = this.#range();
    const wantedFps = this.#gate?.wantedFps(range) ?? range.fpsMax;
    flow.still = this.#gate?.still ?? false;
    // Something began to move: the camera need not wait for the next look at the whole node to be told so.
    if (wantedFps > flow.wantedFps) flow.targetFps = Math.max(flow.targetFps, wantedFps * flow.grantedShare);
    flow.wantedFps = wantedFps;
    flow.targetFps = Math.min(flow.targetFps, wantedFps);
  }

  #onFrame(frame: Frame, source: FrameSource): void {
    this.#record.lastHeader = frame.header;
    if (frame.trace !== undefined) this.#trace(frame.trace);
    const entry: Unanswered = { frame, source, outcome: undefined, answered: false };
    if (source.kind === 'stream') {
      // After a restart the actor knows no connection: the one that goes on sending is it. A goodbye may overtake
      // frames, so one that has closed is not followed.
      if (this.#stream === undefined && source.open) this.#follow(source);
      // A frame of a connection that was replaced meanwhile has a newer one behind it by definition.
      if (this.#stream !== undefined && source !== this.#stream) {
        return this.#end(entry, { kind: 'shed', reason: 'superseded' }, frame.seq);
      }
      if (frame.seq <= this.#lastSeq) {
        return this.#end(entry, { kind: 'shed', reason: 'out_of_order' }, this.#answeredUpTo(source));
      }
      if (this.#lastSeq < 0) this.#services.book.closeGap(this.#record, source.firstSeq ?? frame.seq);
      this.#lastSeq = frame.seq;
    }
    const shed = this.#shedAtOnce(source);
    if (shed !== undefined) {
      if (shed.kind === 'gated' && this.#unanswered.length > 0) this.#unanswered.push(entry);
      return this.#end(entry, shed, this.#answeredUpTo(source));
    }
    this.#unanswered.push(entry);
    const told = this.#services.deviceFor(this.#record).tell({
      kind: 'offer',
      frame,
      flow: this.#record.flow,
      // Who asks about one picture is answered about that picture.
      gate: source.kind === 'stream' ? this.#eye : this.#requestEye,
      replyTo: this.#context.self,
    });
    if (told !== 'accepted') this.#onSettled(frame, { kind: 'shed', reason: 'mailbox_full' });
  }

  /** What becomes of a frame that need not, or may not, get as far as a device. */
  #shedAtOnce(source: FrameSource): Exclude<FrameOutcome, { kind: 'inferred' }> | undefined {
    const { flow } = this.#record;
    if (flow.expelled && source.kind === 'stream') {
      source.expelled();
      return { kind: 'shed', reason: 'over_credit' };
    }
    if (this.#services.flow.shedsLow && flow.priority === 'low') return { kind: 'shed', reason: 'low_priority' };
    if (source.kind === 'request') return undefined;
    const nowMs = this.#context.clock.nowMs();
    return this.#gate?.arrived(this.#range(), nowMs) === 'skip' ? { kind: 'gated' } : undefined;
  }

  #onSettled(frame: Frame, outcome: FrameOutcome): void {
    const index = this.#unanswered.findIndex((entry) => entry.frame === frame);
    const entry = this.#unanswered[index];
    if (entry === undefined) return; // settled as lost when this actor restarted
    if (entry.source.kind === 'stream') this.#gate?.settled(frame, outcome, this.#context.clock.nowMs());
    this.#want();
    entry.outcome = outcome;
    if (outcome.kind !== 'inferred') {
      if (outcome.kind !== 'gated') this.#unanswered.splice(index, 1);
      this.#end(entry, outcome, this.#answeredUpTo(entry.source, entry));
    }
    this.#answerInOrder();
  }

  /**
   * Ends a frame without detections: answered at once, so that a slow batch holds up nobody's account. Analytics hears
   * of it at once too, but for one that was looked at after another that is still with the device.
   */
  #end(entry: Unanswered, outcome: Exclude<FrameOutcome, { kind: 'inferred' }>, answeredUpTo: number): void {
    entry.outcome = outcome;
    entry.answered = true;
    this.#answer(entry, outcome, answeredUpTo);
    if (!this.#unanswered.includes(entry)) this.#analyse(entry.frame, entry.source, outcome);
  }

  /** Results leave in the order their frames came, however the batches finished. */
  #answerInOrder(): void {
    for (;;) {
      const head = this.#unanswered[0];
      if (head?.outcome === undefined) break;
      this.#unanswered.shift();
      const findings = this.#analyse(head.frame, head.source, head.outcome);
      if (!head.answered) this.#answer(head, head.outcome, this.#answeredUpTo(head.source), findings);
    }
    if (this.#unanswered.length > 0) return;
    if (this.#stream === undefined) this.#armIdle();
    this.#reportSealed();
  }

  #analyse(frame: Frame, source: FrameSource, outcome: FrameOutcome): Findings | undefined {
    const picture = (source.kind === 'stream' ? this.#eye : this.#requestEye)?.take(frame);
    if (outcome.kind === 'inferred') {
      frame.trace?.mark('settle');
      return this.#analysis?.analysed(frame, outcome, picture);
    }
    this.#analysis?.ended(frame, outcome, picture);
    return undefined;
  }

  #answer({ frame, source }: Unanswered, outcome: FrameOutcome, answeredUpTo: number, findings?: Findings): void {
    const nowMs = this.#context.clock.nowMs();
    const latencyMs = nowMs - frame.receivedAtMs;
    frame.trace?.mark(outcome.kind === 'inferred' && this.#analysis !== undefined ? 'report' : 'settle', nowMs);
    this.#services.book.settle(this.#record, outcome, latencyMs, source.relayed);
    source.settled(frame, outcome, latencyMs, answeredUpTo, findings);
    this.#tellCredit(source);
    if (outcome.kind === 'inferred') this.#services.onResult(this.#record, frame, outcome, latencyMs, findings);
  }

  #answeredUpTo(source: FrameSource, leaving?: Unanswered): number {
    const oldest = this.#unanswered.find((entry) => entry.source === source && !entry.answered && entry !== leaving);
    return oldest === undefined ? this.#lastSeq : oldest.frame.seq - 1;
  }

  #trace(trace: FrameTrace): void {
    trace.mark('route');
    trace.shard = this.#record.shard;
    trace.epoch = this.#services.epoch;
  }

  #armIdle(): void {
    this.#context.setIdleTimeout(this.#services.idleMs, { kind: 'idle' });
  }
}
