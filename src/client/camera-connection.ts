import type { Clock, Timer } from '../../core/clock.ts';
import type { NodeToCameraMessage } from '../../core/protocol.ts';
import { CameraLink, type CameraLinkEvents, type CameraLinkOptions } from './camera-link.ts';
import { type AnsweredFrame, UnansweredFrames } from './unanswered.ts';

/** A link and the frames that were sent over it: an answer comes the way its frame went. */
export class CameraConnection {
  readonly url: string;
  readonly link: CameraLink;
  readonly unanswered: UnansweredFrames;

  constructor(
    options: CameraLinkOptions,
    results: boolean,
    events: (connection: CameraConnection) => CameraLinkEvents,
  ) {
    this.url = options.url;
    this.unanswered = new UnansweredFrames(results);
    this.link = new CameraLink(options, events(this));
  }

  /** Takes an answer; frames it settles. Nothing for messages that answer nothing. */
  settle(message: NodeToCameraMessage, nowMs: number): readonly AnsweredFrame[] {
    switch (message.type) {
      case 'ack':
        return this.unanswered.acknowledge(message, nowMs);
      case 'result':
        return this.unanswered.result(message.seq, nowMs);
      case 'error':
        return message.seq === undefined ? [] : this.unanswered.rejected(message.seq, message.code, nowMs);
      default:
        return [];
    }
  }
}

export interface LeavingEvents {
  answered(frames: readonly AnsweredFrame[]): void;
  /** Its time was over, or it ended, with frames unanswered. */
  lost(frames: number): void;
}

/** So long the answers to frames that went over a connection are waited for once another has taken its place. */
const LEAVE_MS_MAX = 1_000;
/** Connections being left at once. */
const LEAVING_MAX = 3;

/** Connections that another has taken the place of: nothing is sent on them any more, their answers still count. */
export class LeavingConnections {
  readonly #clock: Clock;
  readonly #events: LeavingEvents;
  readonly #leaving = new Map<CameraConnection, Timer>();

  constructor(clock: Clock, events: LeavingEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  get unanswered(): number {
    let sum = 0;
    for (const connection of this.#leaving.keys()) sum += connection.unanswered.size;
    return sum;
  }

  has(connection: CameraConnection): boolean {
    return this.#leaving.has(connection);
  }

  add(connection: CameraConnection): void {
    const timer = this.#clock.after(LEAVE_MS_MAX, () => this.end(connection));
    this.#leaving.set(connection, timer);
    this.#endIfSettled(connection);
    const [oldest] = this.#leaving.keys();
    if (this.#leaving.size > LEAVING_MAX && oldest !== undefined) this.end(oldest);
  }

  take(connection: CameraConnection, message: NodeToCameraMessage): void {
    const frames = connection.settle(message, this.#clock.nowMs());
    if (frames.length > 0) this.#events.answered(frames);
    this.#endIfSettled(connection);
  }

  /** It is over: what is unanswered is lost. */
  end(connection: CameraConnection): void {
    const timer = this.#leaving.get(connection);
    if (timer === undefined) return;
    timer.cancel();
    this.#leaving.delete(connection);
    connection.link.release();
    const { answered, lost } = connection.unanswered.end(this.#clock.nowMs());
    if (answered.length > 0) this.#events.answered(answered);
    if (lost > 0) this.#events.lost(lost);
  }

  endAll(): void {
    for (const connection of [...this.#leaving.keys()]) this.end(connection);
  }

  #endIfSettled(connection: CameraConnection): void {
    if (connection.unanswered.isSettled) this.end(connection);
  }
}
