import type { TemplatedApp, WebSocket } from 'uWebSockets.js';
import { LINK_MESSAGE_BYTES_MAX } from '../../config/limits.ts';
import { refuseUpgrade } from '../http/upgrade.ts';
import type { Wire, WireEvents } from './wire.ts';
import { LINK_PATH } from './ws-wire.ts';

/** Takes the connections of peers that dial this node. */
export interface LinkListener {
  /** Why a further connection is not taken now, or `undefined`. */
  readonly full: string | undefined;
  accept(wire: Wire): WireEvents;
}

interface Held {
  events: WireEvents | undefined;
  readonly wire: UwsWire;
}

interface SocketData {
  readonly held: Held;
}

const EMPTY = new Uint8Array(0);

/**
 * `ws /v1/link`: nodes of the same cluster only. Neither tokens nor loopback rules apply: whoever connects must prove that
 * it knows `cluster.secret`, and until it has nothing else is listened to. To be called before the app listens.
 */
export function serveLinks(app: TemplatedApp, links: LinkListener, onFault: (error: unknown) => void): void {
  // A bug thrown into uWebSockets.js would end the process.
  const guarded = (wire: UwsWire, handle: () => void): void => {
    try {
      handle();
    } catch (error) {
      onFault(error);
      wire.terminate();
    }
  };
  app.ws<SocketData>(LINK_PATH, {
    maxPayloadLength: LINK_MESSAGE_BYTES_MAX,
    // Bounded by whoever sends; a dropped packet would leave a hole nobody sees.
    maxBackpressure: 0,
    // Silence is found out by the session, on its own clock and in less time; this is for sockets that were closed
    // and whose peer never answers that.
    idleTimeout: 60,
    sendPingsAutomatically: false,
    upgrade: (res, req, context) => {
      if (req.getHeader('origin') !== '') {
        return refuseUpgrade(res, 403, 'origin_not_allowed', 'links are for nodes, not for browsers');
      }
      const full = links.full;
      if (full !== undefined) return refuseUpgrade(res, 503, 'link_limit', full);
      const held: Held = { events: undefined, wire: new UwsWire() };
      res.upgrade<SocketData>(
        { held },
        req.getHeader('sec-websocket-key'),
        '',
        req.getHeader('sec-websocket-extensions'),
        context,
      );
    },
    open: (ws) => {
      const { held } = ws.getUserData();
      held.wire.attach(ws, () => guarded(held.wire, () => held.events?.drained()));
      guarded(held.wire, () => {
        held.events = links.accept(held.wire);
      });
    },
    message: (ws, message, isBinary) => {
      const { held } = ws.getUserData();
      guarded(held.wire, () => held.events?.received(isBinary ? new Uint8Array(message) : EMPTY));
    },
    drain: (ws) => {
      const { held } = ws.getUserData();
      guarded(held.wire, () => held.events?.drained());
    },
    close: (ws, code, reason) => {
      const { held } = ws.getUserData();
      held.wire.detach();
      guarded(held.wire, () => held.events?.closed(code, Buffer.from(reason).toString()));
    },
  });
}

/** A socket of uWebSockets.js, which must not be touched once it is closed. */
class UwsWire implements Wire {
  #socket: WebSocket<SocketData> | undefined;
  #drained: () => void = () => {};
  /** The kernel takes megabytes at once: one turn of the event loop must not spend itself on a snapshot. */
  #bytesThisTurn = 0;
  #turn: NodeJS.Immediate | undefined;

  attach(socket: WebSocket<SocketData>, drained: () => void): void {
    this.#socket = socket;
    this.#drained = drained;
  }

  detach(): void {
    this.#socket = undefined;
    clearImmediate(this.#turn);
  }

  get bufferedBytes(): number {
    return (this.#socket?.getBufferedAmount() ?? 0) + this.#bytesThisTurn;
  }

  send(message: Uint8Array): void {
    if (this.#socket === undefined) return;
    this.#socket.send(message, true);
    this.#bytesThisTurn += message.byteLength;
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#bytesThisTurn = 0;
      if (this.#socket !== undefined) this.#drained();
    });
  }

  close(code: number, reason: string): void {
    // Calls the close handler before it returns.
    this.#socket?.end(code, reason);
  }

  terminate(): void {
    this.#socket?.close();
  }
}
