import type { CameraRecord } from '../../actors/camera-book.ts';
import type { FrameSource, Welcome } from '../../actors/frame-source.ts';
import type { RegionMessage } from '../../actors/region-actor.ts';
import type { ActorRef } from '../../actors/runtime/types.ts';
import type { Findings } from '../../analytics/camera-analytics.ts';
import type { Frame } from '../../core/frame.ts';
import type { FrameTrace } from '../../core/frame-trace.ts';
import { type ConnectionId, type NodeId, parseCameraId } from '../../core/ids.ts';
import type { FrameOutcome } from '../../core/outcome.ts';
import type { StreamTarget } from '../../core/protocol.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { LinkStream, LinkStreamEvents } from './port.ts';
import type { RelayedFrameHead, RelayHead, ToIngress, ToOwner } from './relay-protocol.ts';

export interface RelayInServices {
  readonly node: NodeId;
  readonly ingest: Ingest;
  readonly region: ActorRef<RegionMessage>;
}

const NOTHING: LinkStreamEvents = { told: () => {}, pushed: (_head, _bytes, done) => done(), ended: () => {} };

/** Takes a camera's stream that another node relays: to the actors it is a camera like any other. */
export function takeRelayed(services: RelayInServices, stream: LinkStream, head: RelayHead): LinkStreamEvents {
  const { ingest, region, node } = services;
  const camera = parseCameraId(head.camera);
  const record = camera === undefined || ingest.draining ? undefined : ingest.hold(camera);
  if (camera === undefined || record === undefined) {
    const code = ingest.draining ? 'draining' : 'camera_limit';
    stream.tell({ kind: 'refused', code, returned: [], lastTaken: 0 } satisfies ToIngress);
    stream.end();
    return NOTHING;
  }
  const kind = head.source === 'request' ? 'request' : 'stream';
  const leave = (): void => {
    if (!source.open) return;
    source.close();
    region.tell({ kind: 'disconnect', camera, source });
    ingest.release(record);
  };
  const source = new RelayedSource({
    id: ingest.nextConnectionId(),
    kind,
    redirected: head.follows,
    node,
    stream,
    leave,
  });
  if (kind === 'stream' && ingest.connect(source, record) !== 'accepted') source.refused('camera_limit');
  return {
    told: (message) => {
      const said = message as ToOwner;
      if (said.kind === 'hello') region.tell({ kind: 'hello', camera, source, hello: said.hello });
      else if (said.kind === 'bye') source.leaveWhenAnswered();
    },
    pushed: (frameHead, bytes, done) => {
      const head = frameHead as RelayedFrameHead;
      const trace = head.trace === undefined ? undefined : ingest.traceRelayed(record.camera, head.trace);
      const frame = frameOf(record, head, bytes, ingest.clock.nowMs(), trace);
      source.took(frame, head, done);
      ingest.takeRelayed(frame, record, source);
    },
    ended: leave,
  };
}

const frameOf = (
  record: CameraRecord,
  head: RelayedFrameHead,
  bytes: Uint8Array,
  nowMs: number,
  trace: FrameTrace | undefined,
): Frame => ({
  camera: record.camera,
  seq: head.seq,
  receivedAtMs: nowMs - Math.max(0, head.ageMs),
  receivedWallMs: head.receivedWallMs,
  capturedWallMs: head.capturedWallMs ?? undefined,
  header: head.header,
  bytes,
  trace,
});

interface RelayedSourceOptions {
  readonly id: ConnectionId;
  readonly kind: 'stream' | 'request';
  readonly redirected: boolean;
  readonly node: NodeId;
  readonly stream: LinkStream;
  /** It is over: the actors and the ingest are told, once. */
  readonly leave: () => void;
}

interface Taken {
  readonly n: number;
  readonly done: () => void;
}

/** A camera behind another node's socket; what it is told goes back over the link. */
class RelayedSource implements FrameSource {
  readonly id: ConnectionId;
  readonly kind: 'stream' | 'request';
  readonly relayed = true;
  readonly follows = false;
  readonly redirected: boolean;
  firstSeq: number | undefined;
  readonly #node: NodeId;
  readonly #stream: LinkStream;
  readonly #taken = new Map<Frame, Taken>();
  readonly #leave: () => void;
  #lastTaken = 0;
  #open = true;
  #leaving = false;

  constructor(options: RelayedSourceOptions) {
    this.id = options.id;
    this.kind = options.kind;
    this.redirected = options.redirected;
    this.#node = options.node;
    this.#stream = options.stream;
    this.#leave = options.leave;
  }

  get open(): boolean {
    return this.#open;
  }

  /** The ingress sends no more: it leaves once all it sent is answered. */
  leaveWhenAnswered(): void {
    this.#leaving = true;
    this.#left();
  }

  close(): void {
    this.#open = false;
    for (const { done } of this.#taken.values()) done();
    this.#taken.clear();
  }

  took(frame: Frame, { n, firstSeq }: RelayedFrameHead, done: () => void): void {
    this.firstSeq ??= firstSeq ?? undefined;
    this.#lastTaken = n;
    this.#taken.set(frame, { n, done });
  }

  welcome({ shard, epoch, credit, target }: Welcome): void {
    this.#tell({ kind: 'welcome', node: this.#node, shard, epoch, credit, target });
  }

  credit(credit: number, target: StreamTarget): void {
    this.#tell({ kind: 'credit', credit, target });
  }

  settled(frame: Frame, outcome: FrameOutcome, latencyMs: number, answeredUpTo: number, findings?: Findings): void {
    this.#answer(frame, outcome, answeredUpTo, findings);
    frame.trace?.end({ outcome, latencyMs, seq: frame.seq });
  }

  #answer(frame: Frame, outcome: FrameOutcome, answeredUpTo: number, findings?: Findings): void {
    const taken = this.#taken.get(frame);
    if (taken === undefined) return;
    this.#taken.delete(frame);
    taken.done();
    this.#tell({
      kind: 'settled',
      n: taken.n,
      outcome: outcome.kind === 'inferred' ? { ...outcome, weakDetections: [] } : outcome,
      answeredUpTo,
      findings:
        findings === undefined
          ? null
          : { byDetection: findings.byDetection.map((track) => track ?? null), events: findings.events },
    });
    this.#left();
  }

  replaced(): void {
    this.#tell({ kind: 'replaced' });
  }

  expelled(): void {
    this.#tell({ kind: 'expelled' });
  }

  refused(code: 'camera_limit' | 'draining' | 'not_owner'): void {
    const returned = [...this.#taken.values()].map(({ n }) => n);
    this.#tell({ kind: 'refused', code, returned, lastTaken: this.#lastTaken });
    this.#leave();
    this.#stream.end();
  }

  /** Its own ingress sends it on. */
  redirect(): void {}

  #left(): void {
    if (!this.#leaving || this.#taken.size > 0) return;
    this.#leaving = false;
    this.#leave();
    this.#stream.end();
  }

  #tell(message: ToIngress): void {
    if (this.#open) this.#stream.tell(message);
  }
}
