import { CAMERA_SUBPROTOCOL, CLOSE, type NodeToCameraMessage } from '../../../core/protocol.ts';
import { parseJson } from '../api/live-messages.ts';

export interface CameraSocketListener {
  onOpen(): void;
  onMessage(message: NodeToCameraMessage): void;
  /** `final` says why trying again is of no use. */
  onClose(final: string | undefined): void;
}

const KNOWN_TYPES = new Set<string>(['welcome', 'credit', 'ack', 'result', 'redirect', 'error']);

/** A camera's connection to a node: messages read, close codes understood. Says `onClose` once, unless closed here. */
export class CameraSocket {
  readonly #socket: WebSocket;

  constructor(url: string, listener: CameraSocketListener) {
    const socket = new WebSocket(url, CAMERA_SUBPROTOCOL);
    this.#socket = socket;
    socket.onopen = () => listener.onOpen();
    socket.onmessage = (event: MessageEvent<unknown>) => {
      const message = typeof event.data === 'string' ? parseMessage(event.data) : undefined;
      if (message !== undefined) listener.onMessage(message);
    };
    socket.onclose = (event) => listener.onClose(finalReason(event.code));
  }

  /** Bytes handed to the browser and not yet on the wire. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  sendText(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  sendFrame(frame: Uint8Array<ArrayBuffer>): void {
    this.#socket.send(frame);
  }

  close(): void {
    this.#socket.onclose = null;
    this.#socket.onmessage = null;
    this.#socket.close(CLOSE.normal);
  }
}

function parseMessage(text: string): NodeToCameraMessage | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  // The node is the one this page came from: a known type has that type's fields.
  return KNOWN_TYPES.has(String(value.type)) ? (value as NodeToCameraMessage) : undefined;
}

function finalReason(code: number): string | undefined {
  if (code === CLOSE.replaced) return 'Another connection took this camera name.';
  if (code === CLOSE.tooManyErrors) return 'The node refused too many pictures in a row.';
  return undefined;
}
