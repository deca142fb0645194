import type { CameraId, Epoch, ShardId } from './ids.ts';
import type { FrameOutcome } from './outcome.ts';

/** Names one span for another process: W3C trace context, lower-case hex of 16 and 8 bytes. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
}

/** The parts of a frame's way. One may come again, where a frame goes back into line or is relayed a second time. */
export type FrameStage =
  | 'read' // copied, header parsed, looked up among the quarantined
  | 'route' // ring, region and shard, their mailboxes, and waiting for a shard on the move
  | 'relay' // with the node that owns its shard
  | 'offer' // on the way to the device's line
  | 'wait' // in the device's line
  | 'decode'
  | 'gate' // looked at for movement
  | 'batch' // waits for the others of its batch, and for the batch to be handed over
  | 'queue' // on the device, behind the batch before
  | 'run' // the session's run
  | 'settle' // boxes read, back to the camera's actor, its turn there
  | 'track' // analytics: tracker, lines, zones, rules
  | 'report' // what was found goes into the outbox, the history's spool and the live feed
  | 'answer'; // the message to the camera

export interface StageMark {
  readonly stage: FrameStage;
  /** Monotonic ms at which this part was over; it began where the one before ended. */
  readonly endedAtMs: number;
  /** The batch it was run in. */
  readonly batch?: TraceContext | undefined;
}

/** One batch of which at least one frame is traced. */
export interface BatchTrace {
  readonly context: TraceContext;
  readonly device: string;
  readonly model: string;
  readonly inputSize: number;
  /** Frames in it, traced or not. */
  readonly size: number;
  /** Monotonic ms: handed to the device, and back. */
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  /** In the device: behind the batch before, and the run itself, ms; undefined where it never came back. */
  readonly waitMs: number | undefined;
  readonly computeMs: number | undefined;
  /** Why it never came back: the error's code. */
  readonly failed: string | undefined;
  /** What makes a wall time of a monotonic one, ms. */
  readonly wallOffsetMs: number;
  readonly frames: readonly TraceContext[];
}

/** Takes what was noted when it is complete. Must not throw, nor take long. */
export interface TraceSink {
  ended(trace: FrameTrace, end: FrameEnd): void;
  newContext(): TraceContext;
  ran(batch: BatchTrace): void;
}

export interface FrameEnd {
  readonly outcome: FrameOutcome;
  /** From reception to the answer, as the camera is told. */
  readonly latencyMs: number;
  readonly seq: number | undefined;
}

export interface FrameTraceStart {
  readonly camera: CameraId;
  /** How it came in. */
  readonly over: 'stream' | 'request' | 'link';
  readonly context: TraceContext;
  /** The span this one is a part of, in whichever process. */
  readonly parent: TraceContext | undefined;
  readonly beganAtMs: number;
  readonly wallOffsetMs: number;
  readonly nowMs: () => number;
  readonly sink: TraceSink;
}

/** A frame's way is 14 parts where nothing goes wrong; one that goes back and forth for longer tells no more. */
const MARKS_MAX = 48;

/**
 * What is noted of one sampled frame on its way: which part of it was over when. Frames that are not sampled have none, so
 * that tracing costs them one look at a field. Spans are made of it once, when the frame has ended.
 */
export class FrameTrace {
  readonly camera: CameraId;
  readonly over: FrameTraceStart['over'];
  readonly context: TraceContext;
  readonly parent: TraceContext | undefined;
  readonly beganAtMs: number;
  readonly wallOffsetMs: number;
  readonly sink: TraceSink;
  readonly marks: StageMark[] = [];
  /** Where its shard is served, once known. */
  shard: ShardId | undefined;
  epoch: Epoch | undefined;
  device: string | undefined;
  /** The node it was relayed to. */
  owner: string | undefined;
  readonly #nowMs: () => number;
  #lastMs: number;
  #ended = false;

  constructor({ camera, over, context, parent, beganAtMs, wallOffsetMs, nowMs, sink }: FrameTraceStart) {
    this.camera = camera;
    this.over = over;
    this.context = context;
    this.parent = parent;
    this.beganAtMs = beganAtMs;
    this.wallOffsetMs = wallOffsetMs;
    this.sink = sink;
    this.#nowMs = nowMs;
    this.#lastMs = beganAtMs;
  }

  /**
   * This part of the way is over.
   * @param atMs monotonic; now where not given. What lies before the last mark is taken to be there: times measured by a
   *   device's thread may overlap by a little.
   */
  mark(stage: FrameStage, atMs = this.#nowMs(), batch?: TraceContext): void {
    if (this.#ended || this.marks.length >= MARKS_MAX) return;
    this.#lastMs = Math.max(this.#lastMs, atMs);
    this.marks.push({ stage, endedAtMs: this.#lastMs, batch });
  }

  /** The frame has been answered, or has ended without an answer. Only the first call counts. */
  end(end: FrameEnd): void {
    if (this.#ended) return;
    this.mark('answer');
    this.#ended = true;
    this.sink.ended(this, end);
  }
}

/** Marks a part of the way for those of `entries` that are traced; asks for the time only where one is. */
export function markAll(
  entries: Iterable<{ readonly frame: { readonly trace?: FrameTrace | undefined } }>,
  stage: FrameStage,
  atMs?: number,
): void {
  for (const { frame } of entries) frame.trace?.mark(stage, atMs);
}
