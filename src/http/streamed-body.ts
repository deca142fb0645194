import type { HttpResponse } from 'uWebSockets.js';
import type { Clock, Timer } from '../../core/clock.ts';

/** A body that is made while it is sent, so that neither it nor what it is made of is ever whole in memory. */
export interface StreamedBody {
  /** Asked for the next chunk once the client has taken what was sent. Ended early (`return`) when the client goes. */
  readonly chunks: AsyncGenerator<string | Uint8Array, void, undefined>;
  /** Called once, however it ends. */
  readonly onClose: () => void;
}

export const isStreamed = (body: string | Uint8Array | StreamedBody): body is StreamedBody =>
  typeof body === 'object' && 'chunks' in body;

/** A client that takes nothing for this long is gone: it must not hold what the body reads from. */
export const STALL_MS_MAX = 30_000;

/** The connection as {@link sendStreamed} needs it. */
export interface StreamTarget {
  readonly res: Pick<HttpResponse, 'cork' | 'write' | 'end' | 'close' | 'onWritable'>;
  /** Whether the client has gone. */
  readonly aborted: () => boolean;
  /** Calls back when the client goes; the last one given counts. */
  readonly onAbort: (fn: () => void) => void;
  readonly clock: Clock;
}

/**
 * Sends `body` chunk by chunk. The head goes with the first chunk. When making a chunk fails, the connection is cut:
 * what the client has is then not a whole answer, and it can tell (the chunked coding has no end).
 * @param writeHead writes status and headers
 * @throws what `body.chunks` throws, after the connection was cut
 */
export async function sendStreamed(target: StreamTarget, body: StreamedBody, writeHead: () => void): Promise<void> {
  const { res, aborted } = target;
  let headSent = false;
  const head = (): void => {
    if (!headSent) writeHead();
    headSent = true;
  };
  try {
    for await (const chunk of body.chunks) {
      if (aborted()) return;
      // An empty chunk would end the chunked coding.
      if (chunk.length === 0) continue;
      let taken = true;
      res.cork(() => {
        head();
        taken = res.write(chunk);
      });
      if (!taken && !(await drained(target))) return;
    }
    if (aborted()) return;
    res.cork(() => {
      head();
      res.end();
    });
  } catch (error) {
    if (!aborted()) res.close();
    throw error;
  } finally {
    body.onClose();
  }
}

/** Resolves true once the client has taken what was written, false when it went or stalled (and was cut off). */
function drained({ res, onAbort, clock }: StreamTarget): Promise<boolean> {
  return new Promise((resolve) => {
    const stalled: Timer = clock.after(STALL_MS_MAX, () => {
      resolve(false);
      res.close();
    });
    const done = (writable: boolean): void => {
      stalled.cancel();
      resolve(writable);
    };
    onAbort(() => done(false));
    res.onWritable(() => {
      done(true);
      return true;
    });
  });
}
