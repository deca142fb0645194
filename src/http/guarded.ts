import { CLOSE } from '../../core/protocol.ts';

/**
 * Does `handle`. A bug in it costs the connection whose message showed it: thrown on into uWebSockets.js it would end
 * the process, and one hostile client could keep a node down.
 */
export function guarded(
  socket: { end(code: number, reason: string): void },
  onFault: (error: unknown) => void,
  handle: () => void,
): void {
  try {
    handle();
  } catch (error) {
    onFault(error);
    socket.end(CLOSE.internalError, 'internal');
  }
}
