import WebSocket from 'ws';
import { LINK_MESSAGE_BYTES_MAX } from '../../config/limits.ts';
import type { Clock } from '../../core/clock.ts';
import { errorCode, errorMessage } from '../../core/errors.ts';
import type { Dial, Wire, WireEvents } from './wire.ts';

/** Where a node takes links, behind what `cluster.linkUrl` says. */
export const LINK_PATH = '/v1/link';
/** A peer that does not answer a goodbye within this time is left, ms. */
const GOODBYE_MS = 400;
const EMPTY = new Uint8Array(0);

/**
 * Dials nodes with `ws`. No compression: what goes over a link is JPEG or small. `wss:` peers are verified by Node's
 * authorities (and those of NODE_EXTRA_CA_CERTS), or by `ca` alone.
 */
export function wsDial(ca?: Buffer): Dial {
  return (url, events, clock) => dial(url, events, clock, ca);
}

function dial(url: string, events: WireEvents, clock: Clock, ca: Buffer | undefined): Wire {
  let isClosed = false;
  let isClosing = false;
  let fault = '';
  const closed = (code: number, reason: string): void => {
    if (isClosed) return;
    isClosed = true;
    events.closed(code, reason);
  };
  const socket = openSocket(url, ca);
  if (socket instanceof Error) {
    const timer = clock.after(0, () => closed(1006, socket.message));
    const giveUp = (): void => {
      timer.cancel();
      closed(1006, 'given up');
    };
    return { send: () => {}, bufferedBytes: 0, close: giveUp, terminate: giveUp };
  }
  socket.on('open', () => events.opened());
  socket.on('message', (data, isBinary) => {
    if (!isClosing) events.received(isBinary && Buffer.isBuffer(data) ? data : EMPTY);
  });
  socket.on('error', (error) => {
    fault = errorMessage(error) || errorCode(error);
  });
  socket.on('close', (code, reason) => closed(code, reason.toString() || fault));
  const drained = (): void => {
    if (!isClosing) events.drained();
  };
  return {
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(message, drained);
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    close(code, reason) {
      if (isClosing || isClosed) return;
      isClosing = true;
      if (socket.readyState === WebSocket.CONNECTING) return socket.terminate();
      socket.close(code, reason);
      const timer = clock.after(GOODBYE_MS, () => socket.terminate());
      socket.once('close', () => timer.cancel());
    },
    terminate() {
      isClosing = true;
      socket.terminate();
    },
  };
}

/** `ws` throws at once for a URL it cannot use. */
function openSocket(url: string, ca: Buffer | undefined): WebSocket | Error {
  try {
    return new WebSocket(url.replace(/\/+$/, '') + LINK_PATH, {
      perMessageDeflate: false,
      maxPayload: LINK_MESSAGE_BYTES_MAX,
      ...(ca === undefined ? {} : { ca }),
      // Masking with zeros is legal (RFC 6455, 5.3 asks for it to keep browsers' scripts from forging requests, which a
      // node is not) and lets ws send frames without masking a copy of them.
      generateMask: (mask) => mask.fill(0),
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
