import type { NodeId } from '../../core/ids.ts';

/**
 * The way from node to node: one connection per pair, authenticated, over which messages, questions and camera streams
 * are multiplexed. Nothing here is promised to arrive; who needs that asks again or counts what was lost.
 */
export interface NodeLinks {
  /** Who is to be reached where; those no longer named are hung up on. */
  setPeers(peers: readonly { readonly node: NodeId; readonly url: string }[]): void;
  /** Whether a message sent now would go out. */
  connected(node: NodeId): boolean;
  /**
   * A JSON value, and bytes where there are many: they go as they are, while megabytes of JSON hold up whoever makes and
   * reads them. In order while the connection lasts, but a small message overtakes a large one (256 KiB and more) that is
   * still on its way. `false` where there is no connection or it takes no more.
   */
  send(node: NodeId, message: unknown, attachment?: Uint8Array): boolean;
  /** `attachment` is the listener's to keep. */
  onMessage(listener: (from: NodeId, message: unknown, attachment: Uint8Array | undefined) => void): void;
  /** Told when a peer is there, and when it is gone: streams over it have ended then. */
  onPeer(listener: (node: NodeId, connected: boolean) => void): void;
  /**
   * A question and its answer, JSON. Large answers are cut into pieces on the way.
   * @throws CamshardError `peer_away`, `peer_timeout`, `peer_busy` (as many questions out as may), or what it answered
   */
  ask(node: NodeId, question: string, body: unknown, timeoutMs: number): Promise<unknown>;
  /** What is answered to `question`. Throwing a CamshardError is an answer too. */
  onAsk(question: string, answer: (body: unknown, from: NodeId) => Promise<unknown>): void;
  /** Opens a camera's stream to its owner; ended by either side, or with the connection. `undefined` where it is away. */
  openStream(node: NodeId, head: unknown, events: LinkStreamEvents): LinkStream | undefined;
  /** Told of each stream a peer opens. */
  onStream(listener: (stream: LinkStream, head: unknown, from: NodeId) => LinkStreamEvents): void;
  readonly stats: readonly LinkStats[];
  /** Says goodbye and ends. */
  close(): Promise<void>;
}

export interface LinkStream {
  /** JSON. */
  tell(message: unknown): void;
  /**
   * A JSON head and bytes, e.g. a frame. Takes of the credit both sides keep: `full` where none is left, and nothing is
   * sent then.
   */
  push(head: unknown, bytes: Uint8Array): 'sent' | 'full' | 'ended';
  end(): void;
}

export interface LinkStreamEvents {
  told(message: unknown): void;
  /** `bytes` are the receiver's to keep; credit goes back when `done` is called, once. */
  pushed(head: unknown, bytes: Uint8Array, done: () => void): void;
  /** By the peer, by the connection, or by this node where the peer reads too slowly; not after one's own `end()`. */
  ended(): void;
}

export interface LinkStats {
  readonly node: NodeId;
  readonly connected: boolean;
  readonly streams: number;
  /** Bytes not yet credited back, of `creditBytes`. */
  readonly outstandingBytes: number;
  readonly creditBytes: number;
  readonly sent: number;
  readonly received: number;
  readonly refused: number;
  readonly reconnects: number;
  readonly breaker: 'closed' | 'open' | 'half_open';
  /** Round trip of the last ping, ms. */
  readonly roundTripMs: number | undefined;
}
