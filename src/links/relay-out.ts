import type { CameraBook, CameraRecord } from '../../actors/camera-book.ts';
import type { CameraRelay, CameraRelays, RelayEvents } from '../../actors/camera-relays.ts';
import type { FrameSource } from '../../actors/frame-source.ts';
import { NONE_ANSWERED } from '../../actors/frame-source.ts';
import type { FrameMessage } from '../../actors/messages.ts';
import type { Findings } from '../../analytics/camera-analytics.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import type { Frame } from '../../core/frame.ts';
import type { FrameTrace } from '../../core/frame-trace.ts';
import type { NodeId } from '../../core/ids.ts';
import type { HelloMessage } from '../../core/protocol.ts';
import type { LinkStream, NodeLinks } from './port.ts';
import type { RelayedFindings, RelayedFrameHead, RelayHead, ToIngress, ToOwner } from './relay-protocol.ts';

export interface RelaysOutOptions {
  readonly links: NodeLinks;
  readonly book: CameraBook;
  readonly clock: Clock;
  readonly addressOf: (node: NodeId) => string | undefined;
}

/** After goodbye the owner has so long to answer what is out. */
const GOODBYE_MS_MAX = 1_000;

/**
 * The ingress's side of cameras whose shard is another node's: frames go to the owner, its answers to the camera. Their
 * account stays here, where they came in: what is not answered before the connection ends is lost(link).
 */
export class RelaysOut implements CameraRelays {
  readonly #o: RelaysOutOptions;
  readonly counts = { opened: 0, frames: 0, lost: 0 };

  constructor(options: RelaysOutOptions) {
    this.#o = options;
  }

  addressOf(node: NodeId): string | undefined {
    return this.#o.addressOf(node);
  }

  open(node: NodeId, record: CameraRecord, source: FrameSource, events: RelayEvents): CameraRelay | undefined {
    const head: RelayHead = { kind: 'camera', camera: record.camera, source: source.kind, follows: source.follows };
    const relay = new RelayOut(node, record, source, this.#o, this.counts, events);
    const stream = this.#o.links.openStream(node, head, {
      told: (message) => relay.told(message as ToIngress),
      pushed: (_head, _bytes, done) => done(),
      ended: () => relay.ended(),
    });
    if (stream === undefined) return undefined;
    relay.attach(stream);
    this.counts.opened++;
    return relay;
  }
}

class RelayOut implements CameraRelay {
  readonly node: NodeId;
  readonly #record: CameraRecord;
  readonly #source: FrameSource;
  readonly #o: RelaysOutOptions;
  readonly #counts: RelaysOut['counts'];
  readonly #events: RelayEvents;
  readonly #out = new Map<number, Frame>();
  #stream: LinkStream | undefined;
  #last = 0;
  #over = false;
  #leaving: Timer | undefined;

  constructor(
    node: NodeId,
    record: CameraRecord,
    source: FrameSource,
    options: RelaysOutOptions,
    counts: RelaysOut['counts'],
    events: RelayEvents,
  ) {
    this.node = node;
    this.#record = record;
    this.#source = source;
    this.#o = options;
    this.#counts = counts;
    this.#events = events;
  }

  attach(stream: LinkStream): void {
    this.#stream = stream;
  }

  hello(hello: HelloMessage): void {
    this.#tell({ kind: 'hello', hello });
  }

  frame({ frame }: FrameMessage): 'sent' | 'full' | 'ended' {
    if (this.#over || this.#stream === undefined || this.#leaving !== undefined) return 'ended';
    const head: RelayedFrameHead = {
      n: ++this.#last,
      seq: frame.seq,
      ageMs: this.#o.clock.nowMs() - frame.receivedAtMs,
      receivedWallMs: frame.receivedWallMs,
      capturedWallMs: frame.capturedWallMs ?? null,
      header: frame.header,
      firstSeq: this.#source.firstSeq ?? null,
      ...(frame.trace && { trace: frame.trace.context }),
    };
    const sent = this.#stream.push(head, frame.bytes);
    if (sent !== 'sent') return sent;
    this.#out.set(head.n, frame);
    if (frame.trace !== undefined) this.#trace(frame.trace);
    this.#counts.frames++;
    return 'sent';
  }

  end(): void {
    if (this.#over || this.#leaving !== undefined) return;
    if (this.#out.size === 0) {
      this.#stream?.end();
      return this.ended();
    }
    this.#tell({ kind: 'bye' });
    this.#leaving = this.#o.clock.after(GOODBYE_MS_MAX, () => {
      this.#stream?.end();
      this.ended();
    });
  }

  told(message: ToIngress): void {
    if (this.#over) return;
    const source = this.#source;
    switch (message.kind) {
      case 'welcome':
        return source.welcome(message);
      case 'credit':
        return source.credit(message.credit, message.target);
      case 'settled':
        return this.#settled(message);
      case 'replaced':
        return source.replaced();
      case 'expelled':
        return source.expelled();
      case 'refused':
        // Somebody else has it by now: the region looks again. What else keeps the owner from taking it is the camera's.
        if (message.code === 'not_owner') this.#giveBack(message);
        else source.refused(message.code);
        return;
    }
  }

  /** The stream is over, by whoever's doing. */
  ended(): void {
    if (this.#over) return;
    this.#over = true;
    this.#leaving?.cancel();
    for (const frame of this.#out.values()) {
      const outcome = { kind: 'lost', reason: 'link' } as const;
      this.#counts.lost++;
      frame.trace?.mark('relay');
      this.#o.book.settle(this.#record, outcome);
      this.#source.settled(frame, outcome, 0, NONE_ANSWERED);
    }
    this.#out.clear();
    this.#events.ended();
  }

  #settled({ n, outcome, answeredUpTo, findings }: Extract<ToIngress, { kind: 'settled' }>): void {
    const frame = this.#out.get(n);
    if (frame === undefined) return;
    this.#out.delete(n);
    const nowMs = this.#o.clock.nowMs();
    const latencyMs = nowMs - frame.receivedAtMs;
    frame.trace?.mark('relay', nowMs);
    this.#o.book.settle(this.#record, outcome, latencyMs);
    this.#source.settled(frame, outcome, latencyMs, answeredUpTo, findings === null ? undefined : shown(findings));
    const done = this.#source.kind === 'request' || this.#leaving !== undefined;
    if (done && this.#out.size === 0) {
      this.#stream?.end();
      this.ended();
    }
  }

  #giveBack({ returned, lastTaken }: Extract<ToIngress, { kind: 'refused' }>): void {
    const untouched = new Set(returned);
    for (const [n, frame] of this.#out) {
      if (!untouched.has(n) && n <= lastTaken) continue;
      this.#out.delete(n);
      frame.trace?.mark('relay');
      this.#events.returned({ kind: 'frame', frame, source: this.#source, record: this.#record });
    }
  }

  #trace(trace: FrameTrace): void {
    trace.mark('route');
    trace.shard = this.#record.shard;
    trace.owner = this.node;
  }

  #tell(message: ToOwner): void {
    this.#stream?.tell(message);
  }
}

/** Findings as the pusher's answer wants them: tracks and events, the rest stays with the owner. */
const shown = ({ byDetection, events }: RelayedFindings): Findings => ({
  atMs: 0,
  byDetection: byDetection.map((track) => track ?? undefined),
  tracks: [],
  events,
  alerts: [],
  intervals: [],
  objects: [],
});
