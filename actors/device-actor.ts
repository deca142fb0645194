import { BATCHES_IN_FLIGHT_MAX } from '../config/limits.ts';
import type { Timer } from '../core/clock.ts';
import { DeviceError, errorMessage, FrameError } from '../core/errors.ts';
import type { FrameOutcome, RejectReason } from '../core/outcome.ts';
import { RateMeter } from '../core/rate-meter.ts';
import { type AssembledBatch, assembleBatch } from '../models/batch/assemble-batch.ts';
import { BatchBuffers } from '../models/batch/batch-buffers.ts';
import { CostModel } from '../models/batch/cost-model.ts';
import { decideBatch } from '../models/batch/decide-batch.ts';
import { readDetections } from '../models/batch/detections.ts';
import { PendingFrames } from '../models/batch/pending-frames.ts';
import type { BatchOutput, Device, WarmUp } from '../models/device/port.ts';
import { DeviceLife } from './device-life.ts';
import type { DeviceMessage, DeviceServices, Entry, Owner } from './device-messages.ts';
import { type Flight, FlightDeck } from './flight-deck.ts';
import type { OfferMessage } from './messages.ts';
import type { Actor, ActorContext, StopReason } from './runtime/types.ts';

const NO_PIXELS = new Uint8Array(0);
/** While frames wait, overdue ones are looked for this often. */
const SWEEP_MS = 25;
/** A batch that takes this much longer than predicted, and never less than the minimum, has hung its device. */
const HANG_FACTOR = 20;
const HANG_MS_MIN = 2_000;
/** What was overdue is looked at again after this long. */
const STALL_MS = 100;
/** Loading and warming take seconds; first use of a batch size on a GPU some more. */
const START_MS_MAX = 60_000;

/**
 * Owns one device: the frames waiting for it, the batches in flight, and its restarts. What runs next is decided by
 * {@link decideBatch}; this actor acts on it. A device that fails takes the frames of its batches with it
 * (`lost: device_failed`) and is made anew; the frames still waiting stay, and run or expire.
 */
export class DeviceActor implements Actor<DeviceMessage> {
  readonly #context: ActorContext<DeviceMessage>;
  readonly #services: DeviceServices;
  readonly #pending = new PendingFrames<Owner>();
  readonly #cost = new CostModel();
  readonly #flights = new FlightDeck<Entry>();
  readonly #arrivals = new RateMeter();
  readonly #buffers: BatchBuffers;
  readonly #frameBytes: number;
  readonly #life: DeviceLife;
  #next: { readonly timer: Timer; readonly atMs: number } | undefined;
  #waitingSinceMs = 0;
  #lastSentMs = 0;
  /** When the device began what it is running, as far as known. */
  #beganMs = 0;
  #decodeMsPerFrame = 2;

  constructor(context: ActorContext<DeviceMessage>, services: DeviceServices) {
    this.#context = context;
    this.#services = services;
    this.#life = new DeviceLife(services.createDevice, services.view);
    this.#frameBytes = services.model.inputSize ** 2 * 3;
    this.#buffers = new BatchBuffers(this.#frameBytes, BATCHES_IN_FLIGHT_MAX + 1);
  }

  onStart(): void {
    this.#startDevice();
  }

  async onStop(reason: StopReason | 'restarting'): Promise<void> {
    this.#next?.timer.cancel();
    const why = reason === 'failed' || reason === 'restarting' ? 'actor_failed' : 'shutdown';
    const left = [...this.#pending.clear(), ...this.#flights.all().flatMap((flight) => flight.entries)];
    for (const entry of left) this.#settle(entry, { kind: 'lost', reason: why });
    await this.#life.stop();
  }

  receive(message: DeviceMessage): void {
    switch (message.kind) {
      case 'offer':
        this.#onOffer(message);
        break;
      case 'decide':
        this.#next = undefined;
        this.#decide();
        break;
      case 'assembled':
        this.#onAssembled(message.flight, message.batch);
        break;
      case 'ran':
        this.#onRan(message.flight, message.batch, message.output);
        break;
      case 'overdue':
        this.#onOverdue(message.flight, message.stalled);
        break;
      case 'start':
        // A restart of this actor has made one already, where this message was waiting meanwhile.
        if (this.#life.device === undefined) this.#startDevice();
        break;
      case 'started':
        this.#onStarted(message.device, message.warmUp);
        break;
      case 'device-failed':
        this.#onDeviceFailed(message.device, message.error);
        break;
      case 'bug':
        throw message.error;
      case 'fault':
        this.#life.device?.injectFault(message.fault);
    }
    this.#services.view.pending = this.#pending.size;
    this.#services.view.batchesInFlight = this.#flights.size;
  }

  // ---- frames in ----

  #onOffer({ frame, priority, replyTo }: OfferMessage): void {
    const nowMs = this.#context.clock.nowMs();
    this.#arrivals.mark(nowMs);
    if (this.#pending.size === 0) this.#waitingSinceMs = nowMs;
    const entry: Entry = {
      frame,
      deadlineAtMs: frame.receivedAtMs + this.#services.frameDeadlineMs,
      tag: { replyTo, priority },
    };
    const replaced = this.#pending.offer(entry, priority);
    if (replaced !== undefined) this.#settle(replaced, { kind: 'shed', reason: 'superseded' });
    // A busy device decides when its time has come, one that is not ready sweeps now and then; only an idle one may be
    // waiting for just this frame.
    const idle = this.#flights.size === 0 && this.#life.readyDevice !== undefined;
    if (idle || this.#next === undefined) this.#decide();
  }

  // ---- deciding ----

  #decide(): void {
    const nowMs = this.#context.clock.nowMs();
    const device = this.#life.readyDevice;
    if (device === undefined) {
      this.#expire(nowMs);
      return this.#decideLater(SWEEP_MS);
    }
    const decision = decideBatch({
      nowMs,
      pending: this.#pending.size,
      countMeeting: (finishAtMs) => this.#pending.countMeeting(finishAtMs, device.buckets.at(-1) ?? 1),
      waitingSinceMs: this.#waitingSinceMs,
      lastSentMs: this.#lastSentMs,
      arrivalsPerMs: this.#arrivals.perSecond(nowMs) / 1_000,
      batchesInFlight: this.#flights.size,
      deviceFreeAtMs: this.#flights.freeAtMs(nowMs, this.#beganMs),
      buckets: device.buckets,
      predictMs: (size) => this.#cost.predictMs(size),
      decodeMs: (size) => this.#decodeMs(size),
      batchDelayMsMax: this.#services.batchDelayMsMax,
    });
    switch (decision.kind) {
      case 'wait':
        return this.#decideLater(Math.min(decision.ms, SWEEP_MS));
      case 'idle':
        this.#expire(decision.finishAtMs);
        return this.#decideLater(SWEEP_MS);
      case 'send':
        this.#expire(decision.finishAtMs);
        this.#send(device, decision.size, nowMs);
        return this.#decide();
    }
  }

  /** Looks again within `ms`, as long as anything waits. */
  #decideLater(ms: number): void {
    if (this.#pending.size === 0) {
      this.#next?.timer.cancel();
      this.#next = undefined;
      return;
    }
    const atMs = this.#context.clock.nowMs() + ms;
    if (this.#next !== undefined) {
      if (this.#next.atMs <= atMs) return;
      this.#next.timer.cancel();
    }
    const timer = this.#context.clock.after(ms, () => this.#context.self.tell({ kind: 'decide' }));
    this.#next = { timer, atMs };
  }

  #expire(finishAtMs: number): void {
    for (const entry of this.#pending.expire(finishAtMs)) this.#settle(entry, { kind: 'shed', reason: 'expired' });
  }

  // ---- a batch's way ----

  #send(device: Device, size: number, nowMs: number): void {
    const flight: Flight<Entry> = {
      device,
      entries: this.#pending.pick(size),
      pickedAtMs: nowMs,
      readyAtMs: nowMs + this.#decodeMs(size),
      predictedMs: this.#cost.predictMs(size),
      sent: false,
    };
    this.#waitingSinceMs = nowMs;
    this.#lastSentMs = nowMs;
    if (this.#flights.size === 0) this.#beganMs = nowMs;
    this.#flights.add(flight);
    if (!device.wantsPixels) {
      return this.#onAssembled(flight, { entries: [...flight.entries], pixels: NO_PIXELS, rejected: [], leftOver: [] });
    }
    const batch = assembleBatch<Entry>({
      picked: [...flight.entries],
      refill: (count) => {
        this.#expire(this.#context.clock.nowMs() + flight.predictedMs);
        const more = this.#pending.pick(count);
        flight.entries.push(...more);
        return more;
      },
      decode: this.#services.decode,
      buffers: this.#buffers,
      frameBytes: this.#frameBytes,
      buckets: device.buckets,
    });
    this.#context.pipe(
      batch,
      (done) => ({ kind: 'assembled', flight, batch: done }),
      // Assembling catches what pictures do to it: anything else is a bug, and ends this incarnation of the actor.
      (error) => ({ kind: 'bug', error }),
    );
  }

  #onAssembled(flight: Flight<Entry>, batch: AssembledBatch<Entry>): void {
    const nowMs = this.#context.clock.nowMs();
    for (const { entry, error } of batch.rejected) this.#settle(entry, rejection(error));
    const { device } = flight;
    const canRun = device === this.#life.readyDevice && batch.entries.length > 0;
    const back = canRun ? batch.leftOver : [...batch.entries, ...batch.leftOver];
    for (const entry of back) {
      const older = this.#pending.putBack(entry, entry.tag.priority);
      if (older !== undefined) this.#settle(older, { kind: 'shed', reason: 'superseded' });
    }
    if (!canRun) {
      this.#flights.remove(flight);
      this.#buffers.give(batch.pixels);
      return this.#decide();
    }
    if (batch.pixels !== NO_PIXELS) {
      const perFrameMs =
        ((nowMs - flight.pickedAtMs) * Math.min(batch.entries.length, this.#services.decodersMax)) /
        batch.entries.length;
      const bounded = Math.min(perFrameMs, this.#decodeMsPerFrame * CostModel.OUTLIER_FACTOR + 1);
      this.#decodeMsPerFrame += 0.1 * (bounded - this.#decodeMsPerFrame);
    }
    flight.entries.splice(0, flight.entries.length, ...batch.entries);
    flight.readyAtMs = nowMs;
    flight.predictedMs = this.#cost.predictMs(batch.entries.length);
    flight.sent = true;
    const overdue = this.#context.schedule(
      Math.max(HANG_MS_MIN, flight.predictedMs * HANG_FACTOR * this.#flights.size),
      {
        kind: 'overdue',
        flight,
        stalled: false,
      },
    );
    this.#context.pipe(
      device.run({ count: batch.entries.length, pixels: batch.pixels }).finally(() => overdue.cancel()),
      (output) => ({ kind: 'ran', flight, batch: batch.entries, output }),
      (error) => ({ kind: 'device-failed', device, error }),
    );
  }

  #onRan(flight: Flight<Entry>, batch: readonly Entry[], output: BatchOutput): void {
    if (!this.#flights.has(flight)) return; // given up as hung, and settled then
    const nowMs = this.#context.clock.nowMs();
    const { model, scoreThreshold, view, onEvent } = this.#services;
    const { waitMs, computeMs, boxes } = output;
    batch.forEach((entry, index) => {
      this.#settle(entry, {
        kind: 'inferred',
        model: model.key,
        inputSize: model.inputSize,
        batchSize: batch.length,
        detections: readDetections(boxes, index, entry.frame.header, model.inputSize, model.labels, scoreThreshold),
        timing: {
          queueMs: flight.pickedAtMs - entry.frame.receivedAtMs,
          decodeMs: flight.readyAtMs - flight.pickedAtMs,
          deviceWaitMs: waitMs,
          computeMs,
        },
      });
    });
    this.#flights.remove(flight);
    this.#buffers.give(output.pixels);
    this.#beganMs = nowMs;
    this.#life.worked();
    this.#cost.observe(batch.length, computeMs);
    view.batches.mark(nowMs);
    view.frames.mark(nowMs, batch.length);
    view.computeMs.mark(nowMs, computeMs);
    onEvent({ kind: 'batch-ran', device: view.device, size: batch.length, output });
    this.#decide();
  }

  #onOverdue(flight: Flight<Entry>, stalled: boolean): void {
    if (!this.#flights.has(flight)) return;
    if (!stalled) {
      // Had this thread stalled, timers fire before the answers that wait are read: those get their chance first.
      this.#context.schedule(STALL_MS, { kind: 'overdue', flight, stalled: true });
      return;
    }
    this.#onDeviceFailed(flight.device, new DeviceError('device_hung', `${this.#services.view.device}: a batch hangs`));
  }

  // ---- the device's life ----

  #startDevice(): void {
    const device = this.#life.start();
    const overdue = this.#context.schedule(START_MS_MAX, {
      kind: 'device-failed',
      device,
      error: new DeviceError('device_hung', `${device.id}: not started after ${START_MS_MAX} ms`),
    });
    this.#context.pipe(
      device.start().finally(() => overdue.cancel()),
      (warmUp) => ({ kind: 'started', device, warmUp }),
      (error) => ({ kind: 'device-failed', device, error }),
    );
  }

  #onStarted(device: Device, warmUp: WarmUp): void {
    if (!this.#life.becomeReady(device, this.#context.clock.nowMs())) return;
    for (const [size, ms] of warmUp) this.#cost.observe(size, ms);
    this.#services.onEvent({ kind: 'device-ready', device: device.id, warmUp });
    this.#decide();
  }

  #onDeviceFailed(device: Device, error: unknown): void {
    const retryMs = this.#life.fail(device);
    if (retryMs === undefined) return;
    const lost = this.#flights.sentTo(device);
    for (const flight of lost) {
      for (const entry of flight.entries) this.#settle(entry, { kind: 'lost', reason: 'device_failed' });
      this.#flights.remove(flight);
    }
    this.#services.onEvent({
      kind: 'device-failed',
      device: device.id,
      error,
      framesLost: lost.reduce((sum, flight) => sum + flight.entries.length, 0),
    });
    this.#context.schedule(retryMs, { kind: 'start' });
    this.#decide();
  }

  #decodeMs(frames: number): number {
    if (this.#life.device?.wantsPixels !== true) return 0;
    return this.#decodeMsPerFrame * Math.ceil(frames / this.#services.decodersMax);
  }

  /** A camera actor that has stopped meanwhile settled the frame itself; its control lane never fills with these. */
  #settle(entry: Entry, outcome: FrameOutcome): void {
    entry.tag.replyTo.tell({ kind: 'settled', frame: entry.frame, outcome });
  }
}

/** What a failed decode means for its frame: a bad picture is rejected, anything else is ours. */
function rejection(error: unknown): FrameOutcome {
  if (error instanceof FrameError) {
    return { kind: 'rejected', reason: error.code as RejectReason, message: errorMessage(error) };
  }
  return { kind: 'lost', reason: 'internal' };
}
