import type { Clock } from '../../core/clock.ts';

/**
 * A connection that carries whole binary messages, whatever it is made of: a socket of uWebSockets.js, of `ws`, or
 * memory.
 */
export interface Wire {
  /** Sent or buffered; whoever sends looks at {@link bufferedBytes} first. Nothing happens once it is closed. */
  send(message: Uint8Array): void;
  /** Bytes handed over and not known to be on the network. */
  readonly bufferedBytes: number;
  /** Ends it after what was sent, saying why. `closed` follows, by the other side's answer or a time-out. */
  close(code: number, reason: string): void;
  /** Ends it at once. */
  terminate(): void;
}

export interface WireEvents {
  /** Of a dialled wire, once, before anything else. */
  opened(): void;
  /** `message` may be used until this returns. */
  received(message: Uint8Array): void;
  /** Less is buffered than was. */
  drained(): void;
  /** Once, and nothing after it. `reason` is the other side's word, or what the machine said. */
  closed(code: number, reason: string): void;
}

/** Begins to connect; fails by `closed`, never by throwing. */
export type Dial = (url: string, events: WireEvents, clock: Clock) => Wire;
