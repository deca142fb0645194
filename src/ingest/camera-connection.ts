import type { CameraRecord } from '../../actors/camera-book.ts';
import { type FrameSource, NONE_ANSWERED, type Redirect, type Welcome } from '../../actors/frame-source.ts';
import type { Findings } from '../../analytics/camera-analytics.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import type { Frame } from '../../core/frame.ts';
import type { ConnectionId } from '../../core/ids.ts';
import type { FrameOutcome } from '../../core/outcome.ts';
import { CLOSE, type NodeToCameraMessage, type StreamTarget } from '../../core/protocol.ts';
import { countReason, type IngestCounters } from './ingest-counters.ts';
import { resultMessage } from './result-message.ts';

/** The part of a socket that answering takes. */
export interface CameraSocket {
  /** 0 or 1 where it was taken, 2 where it was dropped because the other side does not read. */
  send(message: string): number;
  end(code: number, reason: string): void;
}

export interface ConnectionServices {
  readonly clock: Clock;
  readonly counters: IngestCounters;
  readonly nodeId: string;
  readonly ackDelayMsMax: number;
  readonly badMessagesMax: number;
}

/** What a camera asked for when it opened its stream. */
export interface CameraWants {
  /** `?results=1` */
  readonly results: boolean;
  /** `?redirect=1`: it goes where it is sent. */
  readonly redirects: boolean;
}

/** Sheds named in one ack; a camera that outruns this much is told sooner. */
const SHEDS_PER_ACK_MAX = 64;

/**
 * One camera's socket, as the camera actor sees it: turns answers into messages. Results go out at once; what was not
 * analysed is told in cumulative acks, at most `ackDelayMsMax` later, sooner when half the window waits for one.
 */
export class CameraConnection implements FrameSource {
  readonly id: ConnectionId;
  readonly kind = 'stream';
  readonly relayed = false;
  readonly record: CameraRecord;
  readonly wantsResults: boolean;
  readonly follows: boolean;
  redirected = false;
  /** Number of the first frame that carried one. */
  firstSeq: number | undefined;
  /** Number of the last bare picture on this connection. */
  bareSeq = 0;
  #socket: CameraSocket | undefined;
  readonly #services: ConnectionServices;
  #credit = 1;
  #welcomed = false;
  #badInARow = 0;
  #ackedUpTo = NONE_ANSWERED;
  #answeredUpTo = NONE_ANSWERED;
  #shed: { seq: number; reason: string }[] = [];
  #unacked = 0;
  #ackTimer: Timer | undefined;

  constructor(id: ConnectionId, record: CameraRecord, wants: CameraWants, services: ConnectionServices) {
    this.id = id;
    this.record = record;
    this.wantsResults = wants.results;
    this.follows = wants.redirects;
    this.#services = services;
  }

  get open(): boolean {
    return this.#socket !== undefined;
  }

  attach(socket: CameraSocket): void {
    this.#socket = socket;
  }

  /** The socket is gone: nothing is sent any more. */
  detach(): void {
    this.#socket = undefined;
    this.#ackTimer?.cancel();
    this.#ackTimer = undefined;
    this.#shed = [];
  }

  welcome(welcome: Welcome): void {
    if (this.#welcomed) return this.credit(welcome.credit, welcome.target);
    this.#credit = welcome.credit;
    this.#welcomed = true;
    this.#send({
      type: 'welcome',
      camera: this.record.camera,
      shard: welcome.shard,
      node: welcome.node ?? this.#services.nodeId,
      epoch: welcome.epoch,
      credit: welcome.credit,
      target: welcome.target,
    });
  }

  credit(credit: number, target: StreamTarget): void {
    this.#credit = credit;
    this.#send({ type: 'credit', credit, target });
  }

  settled(frame: Frame, outcome: FrameOutcome, latencyMs: number, answeredUpTo: number, findings?: Findings): void {
    this.#answer(frame, outcome, latencyMs, answeredUpTo, findings);
    frame.trace?.end({ outcome, latencyMs, seq: frame.seq });
  }

  #answer(
    frame: Frame,
    outcome: FrameOutcome,
    latencyMs: number,
    answeredUpTo: number,
    findings: Findings | undefined,
  ): void {
    if (this.#socket === undefined) return;
    // A result says that all before it is answered: what was shed on the way must have been told, and by an ack that
    // does not cover the result itself.
    if (outcome.kind === 'inferred' && this.wantsResults && this.#shed.length > 0) this.#ackNow();
    this.#answeredUpTo = Math.max(this.#answeredUpTo, answeredUpTo);
    if (outcome.kind !== 'rejected') this.#badInARow = 0;
    switch (outcome.kind) {
      case 'inferred':
        if (!this.wantsResults) return this.#ackSoon();
        this.#ackedUpTo = Math.max(this.#ackedUpTo, frame.seq);
        return this.#send(resultMessage(frame, outcome, latencyMs, findings));
      case 'rejected':
        return this.bad(outcome.reason, outcome.message, frame.seq);
      case 'gated':
        return this.#ackSoon();
      case 'shed':
      case 'lost':
        this.#shed.push({ seq: frame.seq, reason: outcome.reason });
        return this.#ackSoon();
    }
  }

  /** Something this camera sent is no good. Too much of it in a row ends the connection. */
  bad(code: string, message: string, seq: number | undefined): void {
    this.#send(seq === undefined ? { type: 'error', code, message } : { type: 'error', code, message, seq });
    if (++this.#badInARow >= this.#services.badMessagesMax) this.#end(CLOSE.tooManyErrors, 'too_many_bad_messages');
  }

  replaced(): void {
    // By itself, where it was sent: it hangs up here when what it sent here is answered.
    if (this.redirected) return;
    this.#send({ type: 'error', code: 'replaced', message: 'a newer connection took this camera id' });
    this.#end(CLOSE.replaced, 'replaced');
  }

  expelled(): void {
    this.#send({ type: 'error', code: 'disobedient', message: 'this camera keeps sending past its credit' });
    this.#end(CLOSE.disobedient, 'disobedient');
  }

  redirect({ url, shard, epoch }: Redirect): void {
    this.redirected = true;
    this.#send({ type: 'redirect', url, shard, epoch });
  }

  refused(code: 'camera_limit' | 'draining' | 'not_owner'): void {
    this.#send({ type: 'error', code, message: code === 'camera_limit' ? 'the node is full' : 'the node stops' });
    this.#end(CLOSE.goingAway, code);
  }

  /** The node stops: the last acks go out, then the socket closes. */
  goodbye(): void {
    this.#ackNow();
    this.#end(CLOSE.goingAway, 'draining');
  }

  #ackSoon(): void {
    this.#unacked++;
    if (this.#unacked * 2 >= this.#credit || this.#shed.length >= SHEDS_PER_ACK_MAX) return this.#ackNow();
    this.#ackTimer ??= this.#services.clock.after(this.#services.ackDelayMsMax, () => this.#ackNow());
  }

  #ackNow(): void {
    this.#ackTimer?.cancel();
    this.#ackTimer = undefined;
    if (this.#answeredUpTo <= this.#ackedUpTo && this.#shed.length === 0) return;
    this.#ackedUpTo = Math.max(this.#ackedUpTo, this.#answeredUpTo);
    this.#unacked = 0;
    const shed = this.#shed;
    this.#shed = [];
    this.#send({ type: 'ack', upTo: this.#ackedUpTo, shed });
  }

  #send(message: NodeToCameraMessage): void {
    if (this.#socket?.send(JSON.stringify(message)) === 2) this.#services.counters.answersDropped++;
  }

  #end(code: number, reason: string): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    countReason(this.#services.counters.closed, reason);
    socket.end(code, reason);
  }
}
