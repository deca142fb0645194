import { describe, expect, it } from 'vitest';
import { SendWindow } from '../../../web/src/connect/send-window.ts';

function windowOf(credit: number): SendWindow<string> {
  const window = new SendWindow<string>();
  window.setCredit(credit);
  return window;
}

describe('the send window of a browser camera', () => {
  it('sends nothing before the node gave credit', () => {
    expect(new SendWindow<string>().canSend).toBe(false);
  });

  it('holds back once as many frames are unanswered as it has credit', () => {
    const window = windowOf(2);
    expect([window.send('a', 0), window.send('b', 1)]).toEqual([1, 2]);
    expect(window.canSend).toBe(false);
    expect(window.answer(1)).toEqual({ seq: 1, sentAtMs: 0, picture: 'a' });
    expect(window.canSend).toBe(true);
    expect(window.oldestSentAtMs).toBe(1);
  });

  it('counts a frame answered by both a result and an ack once', () => {
    const window = windowOf(4);
    for (let i = 0; i < 4; i++) window.send('p', i);
    window.answer(2);
    window.answerUpTo(3);
    expect(window.unanswered).toBe(1);
    expect(window.answer(2)).toBeUndefined();
    window.answerUpTo(3);
    expect(window.unanswered).toBe(1);
  });

  it('takes a narrower credit at once, also with more frames out', () => {
    const window = windowOf(3);
    for (let i = 0; i < 3; i++) window.send('p', i);
    window.setCredit(1);
    window.answerUpTo(2);
    expect(window.canSend).toBe(false);
    window.answerUpTo(3);
    expect(window.canSend).toBe(true);
  });

  it('begins anew with a new connection', () => {
    const window = windowOf(3);
    window.send('p', 0);
    window.reset();
    expect([window.unanswered, window.canSend, window.oldestSentAtMs]).toEqual([0, false, undefined]);
    window.setCredit(1);
    expect(window.send('q', 5)).toBe(1);
  });
});
