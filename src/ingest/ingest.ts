import type { CameraBook, CameraRecord } from '../../actors/camera-book.ts';
import { type FrameSource, NONE_ANSWERED } from '../../actors/frame-source.ts';
import type { ConnectMessage, FrameMessage } from '../../actors/messages.ts';
import type { RegionMessage } from '../../actors/region-actor.ts';
import type { ActorRef, TellResult } from '../../actors/runtime/types.ts';
import type { NodeConfig } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import type { Frame, ImageFormat } from '../../core/frame.ts';
import type { FrameTrace, TraceContext } from '../../core/frame-trace.ts';
import { type CameraId, type ConnectionId, connectionId } from '../../core/ids.ts';
import type { RejectReason } from '../../core/outcome.ts';
import type { Ring } from '../../shards/ring.ts';
import { QUARANTINED, type Quarantine } from '../crash/quarantine.ts';
import type { LastFrames } from '../frames/last-frames.ts';
import type { FrameTracer } from '../telemetry/traces/frame-tracer.ts';
import type { Traceparent } from '../telemetry/traces/traceparent.ts';
import type { IngestCounters } from './ingest-counters.ts';
import { type ReadFrame, readFrame } from './read-frame.ts';

/** What the sockets and the HTTP handlers share on the way in. */
export interface IngestServices {
  readonly clock: Clock;
  readonly config: NodeConfig;
  readonly book: CameraBook;
  readonly ring: Ring;
  readonly region: ActorRef<RegionMessage>;
  readonly lastFrames: LastFrames;
  readonly counters: IngestCounters;
  readonly quarantine: Pick<Quarantine, 'check'>;
  /** Absent where no frame's way is traced. */
  readonly tracer?: Pick<FrameTracer, 'begin' | 'goOn'> | undefined;
}

const REFUSED = { kind: 'rejected', reason: 'quarantined', message: QUARANTINED } as const;

/** The gate every frame comes in by, whatever carried it: counted, read, and told to the region. */
export class Ingest {
  readonly #services: IngestServices;
  #lastConnection = 0;
  #draining = false;

  constructor(services: IngestServices) {
    this.#services = services;
  }

  get clock(): Clock {
    return this.#services.clock;
  }

  get frameDeadlineMs(): number {
    return this.#services.config.batching.frameDeadlineMs;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** From now on every frame is shed as `draining`. */
  drain(): void {
    this.#draining = true;
  }

  nextConnectionId(): ConnectionId {
    return connectionId(++this.#lastConnection);
  }

  /** The camera's record, held open until {@link release}; `undefined` where the node is full. */
  hold(camera: CameraId): CameraRecord | undefined {
    const { book, ring } = this.#services;
    const record = book.open(camera, ring.shardOf(camera));
    if (record !== undefined) record.connections++;
    return record;
  }

  release(record: CameraRecord): void {
    record.connections--;
    // Where there is no actor to do it at passivation (nothing but bad messages came), the record is closed here.
    if (record.connections === 0 && !record.hasActor) this.#services.book.fold(record);
  }

  /**
   * Takes one binary message. It is counted as received whatever it is; a bad one is settled here, a good one by its
   * camera actor, and `source` hears of a good one through `settled`.
   * @param message owned by the frame from here on.
   * @param asked the trace of whoever sent it.
   */
  take(
    message: Uint8Array,
    record: CameraRecord,
    source: FrameSource,
    nextSeq: number,
    formats: readonly ImageFormat[],
    asked?: Traceparent,
  ): ReadFrame {
    const { clock, config, book, lastFrames, tracer } = this.#services;
    book.receive(record);
    const receivedAtMs = clock.nowMs();
    const receivedWallMs = clock.wallMs();
    const trace = tracer?.begin({ camera: record.camera, over: source.kind, receivedAtMs, receivedWallMs, asked });
    const read = readFrame(message, {
      camera: record.camera,
      nextSeq,
      receivedAtMs,
      receivedWallMs,
      limits: config.ingest,
      formats,
      trace,
    });
    if (read.numbered && source.kind === 'stream') {
      record.lastSeq = read.kind === 'frame' ? read.frame.seq : (read.seq ?? record.lastSeq);
    }
    if (read.kind === 'bad') {
      book.settle(record, { kind: 'rejected', reason: read.reason });
      trace?.mark('read');
      trace?.end({ outcome: { ...read, kind: 'rejected' }, latencyMs: 0, seq: read.seq });
      return read;
    }
    if (this.#services.quarantine.check(read.frame) === 'quarantined') {
      book.settle(record, { kind: 'rejected', reason: 'quarantined' });
      const { numbered, frame } = read;
      trace?.mark('read');
      trace?.end({ outcome: REFUSED, latencyMs: 0, seq: frame.seq });
      return { kind: 'bad', reason: 'quarantined', message: QUARANTINED, seq: frame.seq, numbered };
    }
    lastFrames.put(read.frame);
    trace?.mark('read');
    if (this.#draining) this.#shed(read.frame, record, source);
    else this.#toRegion({ kind: 'frame', frame: read.frame, source, record });
    return read;
  }

  /** Tells the camera's actor, by way of its shard, that a stream has opened. */
  connect(source: FrameSource, record: CameraRecord): TellResult {
    return this.#toRegion({ kind: 'connect', camera: record.camera, source, record });
  }

  /**
   * Takes a frame that another node relays: it has read it, and keeps its account.
   * @param frame with times of this node's clocks
   */
  takeRelayed(frame: Frame, record: CameraRecord, source: FrameSource): void {
    const { book, lastFrames, quarantine } = this.#services;
    book.receive(record, true);
    if (quarantine.check(frame) === 'quarantined') {
      frame.trace?.mark('read');
      book.settle(record, REFUSED, undefined, true);
      source.settled(frame, REFUSED, 0, NONE_ANSWERED);
      return;
    }
    lastFrames.put(frame);
    frame.trace?.mark('read');
    this.#toRegion({ kind: 'frame', frame, source, record });
  }

  /** The owner's part of a trace begun where the frame came in; `undefined` where this node traces nothing. */
  traceRelayed(camera: CameraId, parent: TraceContext): FrameTrace | undefined {
    return this.#services.tracer?.goOn(camera, parent);
  }

  /** Counts a frame of which only its size was ever seen. */
  rejectUnseen(record: CameraRecord, reason: RejectReason): void {
    this.#services.book.receive(record);
    this.#services.book.settle(record, { kind: 'rejected', reason });
  }

  #toRegion(message: FrameMessage | ConnectMessage): TellResult {
    const { record } = message;
    const hadActor = record.hasActor;
    record.hasActor = true;
    const told = this.#services.region.tell(message);
    if (told !== 'accepted') record.hasActor = hadActor;
    return told;
  }

  #shed(frame: Frame, record: CameraRecord, source: FrameSource): void {
    const outcome = { kind: 'shed', reason: 'draining' } as const;
    this.#services.book.settle(record, outcome);
    source.settled(frame, outcome, 0, NONE_ANSWERED);
  }
}
