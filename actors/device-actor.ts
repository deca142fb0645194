import { BATCHES_IN_FLIGHT_MAX } from '../config/limits.ts';
import type { Timer } from '../core/clock.ts';
import { DeviceError, errorCode, errorMessage, FrameError } from '../core/errors.ts';
import { markAll } from '../core/frame-trace.ts';
import type { FrameOutcome, RejectReason } from '../core/outcome.ts';
import { RateMeter } from '../core/rate-meter.ts';
import { type AssembledBatch, assembleBatch } from '../models/batch/assemble-batch.ts';
import { BatchBufferPools, type BatchBuffers } from '../models/batch/batch-buffers.ts';
import { CostTable } from '../models/batch/cost-table.ts';
import { decideBatch } from '../models/batch/decide-batch.ts';
import { readDetections } from '../models/batch/detections.ts';
import { type BatchOutput, type Device, DeviceOutOfMemory, type WarmUp } from '../models/device/port.ts';
import { type TracedRun, traceRun } from './batch-trace.ts';
import { DecodeEstimate } from './decode-estimate.ts';
import { DeviceLife } from './device-life.ts';
import type { DeviceMessage, DeviceServices, Entry } from './device-messages.ts';
import { type Flight, FlightDeck } from './flight-deck.ts';
import { MemoryKeeper } from './memory-keeper.ts';
import type { OfferMessage } from './messages.ts';
import { Reruns } from './reruns.ts';
import type { Actor, ActorContext, StopReason } from './runtime/types.ts';
import { WaitingFrames } from './waiting-frames.ts';

const NO_PIXELS = new Uint8Array(0);
/** While frames wait, overdue ones are looked for this often. */
const SWEEP_MS = 25;
/** Memory is read this often. */
const TEND_MS = 2_000;
/** A batch that takes this much longer than predicted, and never less than the minimum, has hung its device. */
const HANG_FACTOR = 20;
const HANG_MS_MIN = 2_000;
/** What was overdue is looked at again after this long. */
const STALL_MS = 100;
/** Loading and warming take seconds; first use of a batch size on a GPU some more. */
const START_MS_MAX = 60_000;

/**
 * Owns one device: the frames waiting for it, the batches in flight, its memory and its restarts. What runs next is
 * decided by {@link decideBatch}; this actor acts on it.
 *
 * A device that fails takes the frames of its batches with it (`lost: device_failed`) and is made anew; the frames still
 * waiting go to a healthy device, or stay, and run or expire. Frames whose batch did not fit into memory run again.
 */
export class DeviceActor implements Actor<DeviceMessage> {
  readonly #context: ActorContext<DeviceMessage>;
  readonly #services: DeviceServices;
  readonly #waiting: WaitingFrames;
  readonly #decoding: DecodeEstimate;
  readonly #costs = new CostTable();
  readonly #flights = new FlightDeck<Entry>();
  readonly #reruns = new Reruns<Entry>();
  readonly #arrivals = new RateMeter();
  readonly #buffers = new BatchBufferPools(BATCHES_IN_FLIGHT_MAX + 1);
  readonly #life: DeviceLife;
  readonly #memory: MemoryKeeper;
  #inputSize: number;
  #next: { readonly timer: Timer; readonly atMs: number } | undefined;
  #waitingSinceMs = 0;
  #lastSentMs = 0;
  /** When the device began what it is running, as far as known. */
  #beganMs = 0;

  constructor(context: ActorContext<DeviceMessage>, services: DeviceServices) {
    this.#context = context;
    this.#services = services;
    const { createDevice, view, onEvent } = services;
    this.#life = new DeviceLife(createDevice, view, () => onEvent({ kind: 'device-abandoned', device: view.device }));
    this.#memory = new MemoryKeeper(services);
    this.#decoding = new DecodeEstimate(services.decodersMax);
    this.#waiting = new WaitingFrames(view, services.queueDelayMsMax, (entry, outcome) => this.#settle(entry, outcome));
    this.#inputSize = view.inputSize;
    view.predictMs = (inputSize, frames) => this.#costs.of(inputSize).predictMs(frames);
    view.capacityFps = (inputSize) => this.#costs.capacityFps(inputSize, this.#buckets(inputSize));
  }

  onStart(): void {
    this.#startDevice();
    this.#context.schedule(TEND_MS, { kind: 'tend' });
  }

  async onStop(reason: StopReason | 'restarting'): Promise<void> {
    this.#next?.timer.cancel();
    const why = reason === 'failed' || reason === 'restarting' ? 'actor_failed' : 'shutdown';
    const flying = this.#flights.all();
    const left = [...this.#waiting.clear(), ...this.#reruns.clear(), ...flying.flatMap((flight) => flight.entries)];
    for (const flight of flying) this.#land(flight, 'lost');
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
      case 'out-of-memory':
        this.#onOutOfMemory(message.flight, message.batch, message.error);
        break;
      case 'overdue':
        this.#onOverdue(message.flight, message.stalled);
        break;
      case 'use-input':
        this.#inputSize = message.inputSize;
        break;
      case 'tend':
        this.#tend();
        break;
      case 'memory':
        if (message.device === this.#life.device) this.#onMemory(message.device, message.reading);
        break;
      case 'start':
        // A restart of this actor has made one already, where this message was waiting meanwhile.
        if (this.#life.device === undefined) this.#startDevice();
        break;
      case 'started':
      case 'renewed':
        this.#onWarm(message.device, message.warmUp, message.kind);
        break;
      case 'probed':
        if (message.device === this.#life.device) this.#onWorked();
        break;
      case 'device-failed':
        this.#onDeviceFailed(message.device, message.error);
        break;
      case 'bug':
        throw message.error;
      case 'fault':
        this.#life.device?.injectFault(message.fault);
    }
    const { view } = this.#services;
    view.pending = this.#waiting.size;
    view.batchesInFlight = this.#flights.size;
    view.inputSize = this.#inputSize;
    view.batchMax = this.#buckets(this.#inputSize).at(-1) ?? 1;
    view.buckets = this.#life.device?.buckets ?? view.buckets;
  }

  // ---- frames in ----

  #onOffer({ frame, flow, gate, replyTo }: OfferMessage): void {
    const nowMs = this.#context.clock.nowMs();
    frame.trace?.mark('offer', nowMs);
    this.#arrivals.mark(nowMs);
    if (this.#waiting.size === 0) this.#waitingSinceMs = nowMs;
    const entry: Entry = {
      frame,
      deadlineAtMs: frame.receivedAtMs + this.#services.frameDeadlineMs,
      tag: { replyTo, flow, gate },
    };
    this.#waiting.offer(entry, nowMs);
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
    if (this.#rerun(device, nowMs)) return this.#decide();
    const buckets = this.#buckets(this.#inputSize);
    const cost = this.#costs.of(this.#inputSize);
    const decision = decideBatch({
      nowMs,
      pending: this.#waiting.size,
      countMeeting: (finishAtMs) => this.#waiting.countMeeting(finishAtMs, buckets.at(-1) ?? 1),
      waitingSinceMs: this.#waitingSinceMs,
      lastSentMs: this.#lastSentMs,
      arrivalsPerMs: this.#arrivals.perSecond(nowMs) / 1_000,
      batchesInFlight: this.#flights.size,
      deviceFreeAtMs: this.#flights.freeAtMs(nowMs, this.#beganMs),
      buckets,
      predictMs: (size) => cost.predictMs(size),
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
    if (this.#waiting.size === 0 && this.#reruns.isEmpty) {
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
    this.#waiting.expire(finishAtMs, this.#context.clock.nowMs());
    for (const entry of this.#reruns.expire(finishAtMs)) this.#settle(entry, { kind: 'shed', reason: 'expired' });
  }

  #pick(count: number, nowMs: number): Entry[] {
    const leastMs = this.#decodeMs(count) + this.#costs.of(this.#inputSize).predictMs(count);
    return this.#waiting.pick(count, nowMs, Math.max(1, leastMs));
  }

  // ---- a batch's way ----

  #send(device: Device, size: number, nowMs: number): void {
    const inputSize = this.#inputSize;
    const entries = this.#pick(size, nowMs);
    const flight = this.#takeOff(device, inputSize, entries, nowMs, this.#decodeMs(size));
    this.#waitingSinceMs = nowMs;
    this.#lastSentMs = nowMs;
    if (!device.wantsPixels) {
      const batch = { entries: [...entries], pixels: NO_PIXELS, rejected: [], gated: [], leftOver: [] };
      return this.#onAssembled(flight, batch);
    }
    const batch = assembleBatch<Entry>({
      picked: [...entries],
      refill: (count) => {
        const againMs = this.#context.clock.nowMs();
        this.#expire(againMs + flight.predictedMs);
        const more = this.#pick(count, againMs);
        if (more.length > 0) flight.tickets.push(this.#services.journal.dispatched(more.map(({ frame }) => frame)));
        flight.entries.push(...more);
        return more;
      },
      decode: (frame, slot) => this.#services.decode(frame, slot, inputSize),
      gate: ({ frame, tag }, slot) => {
        frame.trace?.mark('decode');
        const seen = tag.gate?.look(frame, slot, inputSize) ?? 'run';
        frame.trace?.mark('gate');
        return seen;
      },
      buffers: this.#buffersOf(inputSize),
      frameBytes: frameBytes(inputSize),
      buckets: this.#buckets(inputSize),
    });
    this.#context.pipe(
      batch,
      (done) => ({ kind: 'assembled', flight, batch: done }),
      // Assembling catches what pictures do to it: anything else is a bug, and ends this incarnation of the actor.
      (error) => ({ kind: 'bug', error }),
    );
  }

  #takeOff(device: Device, inputSize: number, entries: Entry[], nowMs: number, readyInMs: number): Flight<Entry> {
    const flight: Flight<Entry> = {
      device,
      inputSize,
      entries,
      picked: entries.length,
      tickets: [this.#services.journal.dispatched(entries.map(({ frame }) => frame))],
      pickedAtMs: nowMs,
      readyAtMs: nowMs + readyInMs,
      predictedMs: this.#costs.of(inputSize).predictMs(entries.length),
      sent: false,
    };
    if (this.#flights.size === 0) this.#beganMs = nowMs;
    this.#flights.add(flight);
    return flight;
  }

  #onAssembled(flight: Flight<Entry>, batch: AssembledBatch<Entry>): void {
    const nowMs = this.#context.clock.nowMs();
    const { device } = flight;
    for (const { entry, error } of batch.rejected) {
      entry.frame.trace?.mark('decode', nowMs);
      this.#settle(entry, rejection(error));
    }
    for (const { entry } of batch.gated) {
      entry.frame.trace?.mark('batch', nowMs);
      this.#settle(entry, { kind: 'gated' });
    }
    markAll(batch.entries, 'batch', nowMs);
    markAll(batch.leftOver, 'batch', nowMs);
    this.#services.view.handled.mark(nowMs, batch.gated.length);
    const canRun = device === this.#life.readyDevice && batch.entries.length > 0;
    const back = canRun ? batch.leftOver : [...batch.entries, ...batch.leftOver];
    for (const entry of back) this.#waiting.putBack(entry, nowMs);
    if (batch.pixels !== NO_PIXELS) this.#noteDecoding(flight, batch, nowMs);
    if (!canRun) {
      this.#land(flight, back.length > 0 ? 'lost' : 'ran');
      this.#buffersOf(flight.inputSize).give(batch.pixels);
      return this.#decide();
    }
    // Tickets of frames that go back say nothing of them any more: the batch gets one of its own.
    if (back.length > 0) this.#rebook(flight, batch.entries);
    flight.entries.splice(0, flight.entries.length, ...batch.entries);
    flight.readyAtMs = nowMs;
    flight.predictedMs = this.#costs.of(flight.inputSize).predictMs(batch.entries.length);
    this.#run(flight, batch.entries, batch.pixels);
  }

  #run(flight: Flight<Entry>, entries: readonly Entry[], pixels: Uint8Array<ArrayBuffer>): void {
    const { device, inputSize } = flight;
    flight.sent = true;
    const hangMs = Math.max(HANG_MS_MIN, flight.predictedMs * HANG_FACTOR * this.#flights.size);
    const overdue = this.#context.schedule(hangMs, { kind: 'overdue', flight, stalled: false });
    this.#context.pipe(
      device.run({ inputSize, count: entries.length, pixels }).finally(() => overdue.cancel()),
      (output) => ({ kind: 'ran', flight, batch: entries, output }),
      (error) =>
        error instanceof DeviceOutOfMemory
          ? { kind: 'out-of-memory', flight, batch: entries, error }
          : { kind: 'device-failed', device, error },
    );
  }

  #onRan(flight: Flight<Entry>, batch: readonly Entry[], output: BatchOutput): void {
    if (!this.#flights.has(flight)) return; // given up as hung, and settled then
    const nowMs = this.#context.clock.nowMs();
    const { model, scoreThreshold, weakScoreMin, view, onEvent } = this.#services;
    const { inputSize } = flight;
    const { waitMs, computeMs, boxes } = output;
    const least = Math.min(weakScoreMin, scoreThreshold);
    this.#traceRun(flight, batch, nowMs, output);
    batch.forEach((entry, index) => {
      const found = readDetections(boxes, index, entry.frame.header, inputSize, model.labels, least);
      const firstWeak = found.findIndex(({ score }) => score < scoreThreshold);
      const reported = firstWeak < 0 ? found.length : firstWeak;
      this.#settle(entry, {
        kind: 'inferred',
        model: model.key,
        inputSize,
        batchSize: batch.length,
        detections: found.slice(0, reported),
        weakDetections: found.slice(reported),
        timing: {
          queueMs: flight.pickedAtMs - entry.frame.receivedAtMs,
          decodeMs: flight.readyAtMs - flight.pickedAtMs,
          deviceWaitMs: waitMs,
          computeMs,
        },
      });
    });
    this.#land(flight, 'ran');
    this.#buffersOf(inputSize).give(output.pixels);
    this.#beganMs = nowMs;
    this.#costs.of(inputSize).observe(batch.length, computeMs);
    this.#memory.ran(inputSize, flight.device.buckets, nowMs);
    const waitedMs = batch.reduce((sum, { frame }) => sum + flight.pickedAtMs - frame.receivedAtMs, 0);
    view.ran(nowMs, { frames: batch.length, waitedMs, computeMs });
    if (this.#waiting.saturatedMs(nowMs) > 2 * RateMeter.WINDOW_MS) {
      this.#costs.observeSaturated(inputSize, this.#buckets(inputSize), view.handled.perSecond(nowMs));
    }
    onEvent({ kind: 'batch-ran', device: view.device, size: batch.length, output });
    this.#onWorked();
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

  // ---- memory ----

  #onOutOfMemory(flight: Flight<Entry>, batch: readonly Entry[], error: DeviceOutOfMemory): void {
    if (!this.#flights.has(flight)) return;
    const nowMs = this.#context.clock.nowMs();
    const { device, inputSize } = flight;
    this.#land(flight, 'lost');
    this.#traceRun(flight, batch, nowMs, { failed: error.code });
    this.#reruns.add({ entries: [...batch], pixels: error.pixels, inputSize });
    // Its sessions are being made anew already, or it is gone: this batch failed of what is being mended.
    if (device !== this.#life.readyDevice) return this.#decide();
    const step = this.#memory.ranOut({ frames: batch.length, inputSize }, device.buckets, nowMs);
    this.#services.onEvent({ kind: 'out-of-memory', device: device.id, frames: batch.length, step: step.kind });
    switch (step.kind) {
      case 'smaller':
        break;
      case 'renew':
        this.#renew(device, 'out of memory');
        break;
      case 'replace':
        this.#onDeviceFailed(device, error);
        break;
      case 'give_up':
        this.#onDeviceFailed(device, error, true);
    }
    this.#decide();
  }

  /** Runs again what did not fit, in batches that may: before anything else. True where a batch was sent. */
  #rerun(device: Device, nowMs: number): boolean {
    if (this.#reruns.isEmpty || this.#flights.size >= BATCHES_IN_FLIGHT_MAX) return false;
    for (const late of this.#reruns.expire(nowMs)) this.#settle(late, { kind: 'shed', reason: 'expired' });
    const part = this.#reruns.take((inputSize) => this.#buckets(inputSize), frameBytes);
    if (part === undefined) return false;
    const flight = this.#takeOff(device, part.inputSize, [...part.entries], nowMs, 0);
    this.#run(flight, part.entries, part.pixels);
    return true;
  }

  #renew(device: Device, why: string): void {
    if (device !== this.#life.readyDevice) return;
    this.#life.renewing();
    this.#services.onEvent({ kind: 'device-renewed', device: device.id, why });
    this.#awaitWarmUp(device, device.renew(), 'renewed');
  }

  #tend(): void {
    this.#context.schedule(TEND_MS, { kind: 'tend' });
    const device = this.#life.readyDevice;
    if (device === undefined) return;
    const unread = (): DeviceMessage => ({ kind: 'memory', device, reading: undefined });
    this.#context.pipe(device.readMemory(), (reading) => ({ kind: 'memory', device, reading }), unread);
  }

  #onMemory(device: Device, reading: Parameters<MemoryKeeper['shouldRenew']>[0]): void {
    const nowMs = this.#context.clock.nowMs();
    const busyShare = this.#services.view.computeMs.perSecond(nowMs) / 1_000;
    if (this.#memory.shouldRenew(reading, busyShare, nowMs)) this.#renew(device, 'its arena is far above need');
  }

  #buckets(inputSize: number): readonly number[] {
    return this.#memory.buckets(inputSize, this.#life.device?.buckets ?? [1]);
  }

  #buffersOf(inputSize: number): BatchBuffers {
    return this.#buffers.of(frameBytes(inputSize));
  }

  // ---- the device's life ----

  #startDevice(): void {
    const device = this.#life.start();
    if (this.#services.view.breaker === 'half_open') {
      this.#services.onEvent({ kind: 'breaker-half-open', device: device.id });
    }
    this.#awaitWarmUp(device, device.start(), 'started');
  }

  #awaitWarmUp(device: Device, warming: Promise<WarmUp>, kind: 'started' | 'renewed'): void {
    const overdue = this.#context.schedule(START_MS_MAX, {
      kind: 'device-failed',
      device,
      error: new DeviceError('device_hung', `${device.id}: not ready after ${START_MS_MAX} ms`),
    });
    this.#context.pipe(
      warming.finally(() => overdue.cancel()),
      (warmUp) => ({ kind, device, warmUp }),
      (error) => ({ kind: 'device-failed', device, error }),
    );
  }

  #onWarm(device: Device, warmUp: WarmUp, kind: 'started' | 'renewed'): void {
    if (!this.#life.becomeReady(device, this.#context.clock.nowMs())) return;
    for (const run of warmUp.runs) this.#costs.of(run.inputSize).observe(run.count, run.computeMs);
    this.#memory.warmed(warmUp);
    if (kind === 'started') this.#services.onEvent({ kind: 'device-ready', device: device.id, warmUp });
    if (this.#services.view.breaker === 'half_open') this.#probe(device);
    this.#decide();
  }

  /** One empty frame, before any camera is trusted to a device whose breaker had opened. */
  #probe(device: Device): void {
    const pixels = device.wantsPixels ? new Uint8Array(frameBytes(this.#inputSize)) : NO_PIXELS;
    const overdue = this.#context.schedule(HANG_MS_MIN, {
      kind: 'device-failed',
      device,
      error: new DeviceError('device_hung', `${device.id}: the frame it was tried with hangs`),
    });
    this.#context.pipe(
      device.run({ inputSize: this.#inputSize, count: 1, pixels }).finally(() => overdue.cancel()),
      () => ({ kind: 'probed', device }),
      (error) => ({ kind: 'device-failed', device, error }),
    );
  }

  #onWorked(): void {
    if (this.#life.worked()) this.#services.onEvent({ kind: 'breaker-closed', device: this.#services.view.device });
  }

  #onDeviceFailed(device: Device, error: unknown, hopeless = false): void {
    const failed = this.#life.fail(device, hopeless);
    if (failed === undefined) return;
    const lost = this.#flights.sentTo(device);
    for (const flight of lost) {
      this.#traceRun(flight, flight.entries, this.#context.clock.nowMs(), { failed: errorCode(error) });
      for (const entry of flight.entries) this.#settle(entry, { kind: 'lost', reason: 'device_failed' });
      this.#land(flight, 'lost');
    }
    const framesLost = lost.reduce((sum, flight) => sum + flight.entries.length, 0);
    this.#services.onEvent({ kind: 'device-failed', device: device.id, error, framesLost });
    if (failed.opened) {
      this.#services.onEvent({ kind: 'breaker-opened', device: device.id, retryMs: failed.retryMs });
      for (const entry of this.#reruns.clear()) this.#waiting.putBack(entry, this.#context.clock.nowMs());
    }
    this.#context.schedule(failed.retryMs, { kind: 'start' });
    this.#handOverAll();
    this.#decide();
  }

  /** Frames that wait for a device that has failed go where one works. */
  #handOverAll(): void {
    for (const entry of this.#waiting.clear()) {
      const { frame, tag } = entry;
      if (!this.#services.handOver({ kind: 'offer', frame, ...tag }))
        this.#waiting.offer(entry, this.#context.clock.nowMs());
    }
  }

  // ---- small change ----

  #land(flight: Flight<Entry>, how: 'ran' | 'lost'): void {
    this.#flights.remove(flight);
    for (const ticket of flight.tickets.splice(0)) this.#services.journal.settled(ticket, how);
  }

  #rebook(flight: Flight<Entry>, entries: readonly Entry[]): void {
    const { journal } = this.#services;
    for (const ticket of flight.tickets.splice(0)) journal.settled(ticket, 'lost');
    flight.tickets.push(journal.dispatched(entries.map(({ frame }) => frame)));
  }

  #traceRun(flight: Flight<Entry>, batch: readonly Entry[], endedAtMs: number, took: TracedRun['took']): void {
    const { model, view } = this.#services;
    const { inputSize, readyAtMs } = flight;
    traceRun(batch, { device: view.device, model: model.key, inputSize, sentAtMs: readyAtMs, endedAtMs, took });
  }

  #noteDecoding(flight: Flight<Entry>, batch: AssembledBatch<Entry>, nowMs: number): void {
    const { entries, leftOver, gated, rejected } = batch;
    this.#decoding.observe({
      tookMs: nowMs - flight.pickedAtMs,
      picked: flight.picked,
      decoded: entries.length + leftOver.length + gated.length + rejected.length,
      gated: gated.length,
    });
  }

  #decodeMs(frames: number): number {
    return this.#life.device?.wantsPixels === true ? this.#decoding.batchMs(frames) : 0;
  }

  /** A camera actor that has stopped meanwhile settled the frame itself; its control lane never fills with these. */
  #settle(entry: Entry, outcome: FrameOutcome): void {
    entry.tag.replyTo.tell({ kind: 'settled', frame: entry.frame, outcome });
  }
}

const frameBytes = (inputSize: number): number => inputSize ** 2 * 3;

/** What a failed decode means for its frame: a bad picture is rejected, anything else is ours. */
function rejection(error: unknown): FrameOutcome {
  if (error instanceof FrameError) {
    return { kind: 'rejected', reason: error.code as RejectReason, message: errorMessage(error) };
  }
  return { kind: 'lost', reason: 'internal' };
}
