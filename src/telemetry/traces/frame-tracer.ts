import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import {
  type BatchTrace,
  type FrameEnd,
  FrameTrace,
  type TraceContext,
  type TraceSink,
} from '../../../core/frame-trace.ts';
import type { CameraId } from '../../../core/ids.ts';
import { batchSpan, frameSpans } from './frame-spans.ts';
import type { SpanData } from './span.ts';
import { isTraceContext, type Traceparent } from './traceparent.ts';

/** Where finished spans go: all of one frame, or none. Returns at once. */
export interface SpanOutlet {
  put(spans: readonly SpanData[]): void;
}

export interface FrameTracerOptions {
  readonly clock: Clock;
  readonly outlet: SpanOutlet;
  /** Share of frames traced, 0..1. */
  readonly sampleRatio: number;
  /** Most frames traced in a second, whoever asks for it. */
  readonly framesPerSecondMax: number;
  readonly random?: () => number;
  readonly randomHex?: (bytes: number) => string;
}

/** A frame that has just come in. */
export interface Arrival {
  readonly camera: CameraId;
  readonly over: 'stream' | 'request';
  readonly receivedAtMs: number;
  readonly receivedWallMs: number;
  /** The sender's own trace. */
  readonly asked?: Traceparent | undefined;
}

const SECOND_MS = 1_000;

/** Decides which frames are traced, and makes spans of what was noted of them once they have ended. */
export class FrameTracer implements TraceSink {
  readonly counts = { sampled: 0, limited: 0 };
  readonly #o: FrameTracerOptions;
  readonly #random: () => number;
  readonly #randomHex: (bytes: number) => string;
  readonly #nowMs: () => number;
  #secondBeganMs = Number.NEGATIVE_INFINITY;
  #inSecond = 0;

  constructor(options: FrameTracerOptions) {
    this.#o = options;
    this.#random = options.random ?? Math.random;
    this.#randomHex = options.randomHex ?? ((bytes) => randomBytes(bytes).toString('hex'));
    this.#nowMs = () => options.clock.nowMs();
  }

  /** A trace for this frame; `undefined` for most. A sender that says what it wants is given it, within the limit. */
  begin({ camera, over, receivedAtMs, receivedWallMs, asked }: Arrival): FrameTrace | undefined {
    const wanted = asked === undefined ? this.#random() < this.#o.sampleRatio : asked.sampled;
    if (!wanted || !this.#admit(receivedAtMs)) return undefined;
    const parent = asked?.context;
    return this.#start(camera, over, parent, receivedAtMs, receivedWallMs);
  }

  /** The owner's part of a trace that another node has begun. What is no trace context begins none. */
  goOn(camera: CameraId, parent: TraceContext): FrameTrace | undefined {
    const nowMs = this.#nowMs();
    if (!isTraceContext(parent) || !this.#admit(nowMs)) return undefined;
    return this.#start(camera, 'link', parent, nowMs, this.#o.clock.wallMs());
  }

  newContext(): TraceContext {
    return { traceId: this.#randomHex(16), spanId: this.#randomHex(8) };
  }

  ended(trace: FrameTrace, end: FrameEnd): void {
    this.#o.outlet.put(frameSpans(trace, end, () => this.#randomHex(8)));
  }

  ran(batch: BatchTrace): void {
    this.#o.outlet.put([batchSpan(batch)]);
  }

  #start(
    camera: CameraId,
    over: 'stream' | 'request' | 'link',
    parent: TraceContext | undefined,
    beganAtMs: number,
    beganWallMs: number,
  ): FrameTrace {
    this.counts.sampled++;
    const fresh = this.newContext();
    return new FrameTrace({
      camera,
      over,
      context: parent === undefined ? fresh : { traceId: parent.traceId, spanId: fresh.spanId },
      parent,
      beganAtMs,
      wallOffsetMs: beganWallMs - beganAtMs,
      nowMs: this.#nowMs,
      sink: this,
    });
  }

  #admit(nowMs: number): boolean {
    if (nowMs - this.#secondBeganMs >= SECOND_MS) {
      this.#secondBeganMs = nowMs;
      this.#inSecond = 0;
    }
    if (this.#inSecond >= this.#o.framesPerSecondMax) {
      this.counts.limited++;
      return false;
    }
    this.#inSecond++;
    return true;
  }
}
