import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../core/manual-clock.ts';
import {
  STALL_MS_MAX,
  type StreamedBody,
  type StreamTarget,
  sendStreamed,
} from '../../../../src/http/streamed-body.ts';

/** A connection that takes `room` chunks and then is full until told. */
function connection(room = Number.POSITIVE_INFINITY) {
  const clock = new ManualClock();
  const said: string[] = [];
  const state = { aborted: false, room, onAbort: () => {}, writable: (): boolean => true };
  const target: StreamTarget = {
    clock,
    aborted: () => state.aborted,
    onAbort: (fn) => {
      state.onAbort = fn;
    },
    res: {
      cork: (fn: () => void) => {
        fn();
        return target.res as never;
      },
      write: (chunk) => {
        said.push(String(chunk));
        return --state.room > 0;
      },
      end: () => {
        said.push('END');
        return target.res as never;
      },
      close: () => {
        said.push('CUT');
        state.aborted = true;
        state.onAbort();
        return target.res as never;
      },
      onWritable: (handler) => {
        state.writable = () => handler(0);
        return target.res as never;
      },
    },
  };
  return { clock, said, state, target, head: () => said.push('HEAD') };
}

function body(chunks: readonly (string | Error)[]): StreamedBody & { readonly log: string[] } {
  const log: string[] = [];
  async function* made(): AsyncGenerator<string, void, undefined> {
    try {
      for (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk;
        log.push(chunk);
        yield chunk;
      }
    } finally {
      log.push('ended');
    }
  }
  return { chunks: made(), onClose: () => log.push('closed'), log };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('sendStreamed', () => {
  it('sends the head with the first chunk that is not empty, then all others, then the end', async () => {
    const { target, said, head } = connection();
    const sent = body(['', 'a', 'b']);
    await sendStreamed(target, sent, head);
    expect(said).toEqual(['HEAD', 'a', 'b', 'END']);
    expect(sent.log.slice(-2)).toEqual(['ended', 'closed']);
  });

  it('sends head and end of a body that is empty', async () => {
    const { target, said, head } = connection();
    await sendStreamed(target, body([]), head);
    expect(said).toEqual(['HEAD', 'END']);
  });

  it('makes no further chunk until the client has taken what was sent', async () => {
    const { target, said, state, head, clock } = connection(1);
    const sent = body(['a', 'b']);
    const done = sendStreamed(target, sent, head);
    await settled();
    expect(sent.log).toEqual(['a']);
    state.room = 5;
    expect(state.writable()).toBe(true);
    await done;
    expect(said).toEqual(['HEAD', 'a', 'b', 'END']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends the body when the client goes', async () => {
    const { target, said, state, head } = connection(1);
    const sent = body(['a', 'b']);
    const done = sendStreamed(target, sent, head);
    await settled();
    state.aborted = true;
    state.onAbort();
    await done;
    expect(said).toEqual(['HEAD', 'a']);
    expect(sent.log).toEqual(['a', 'ended', 'closed']);
  });

  it('cuts off a client that takes nothing for too long', async () => {
    const { target, said, head, clock } = connection(1);
    const sent = body(['a', 'b']);
    const done = sendStreamed(target, sent, head);
    await settled();
    await clock.advance(STALL_MS_MAX);
    await done;
    expect(said).toEqual(['HEAD', 'a', 'CUT']);
    expect(sent.log).toEqual(['a', 'ended', 'closed']);
  });

  it('cuts the connection when a chunk cannot be made, so that the answer is not taken for whole', async () => {
    const { target, said, head } = connection();
    const sent = body(['a', new Error('gone')]);
    await expect(sendStreamed(target, sent, head)).rejects.toThrow('gone');
    expect(said).toEqual(['HEAD', 'a', 'CUT']);
    expect(sent.log.at(-1)).toBe('closed');
  });
});
