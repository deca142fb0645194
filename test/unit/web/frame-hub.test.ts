import { describe, expect, it } from 'vitest';
import { WATCHER_TOPICS_MAX } from '../../../config/limits.ts';
import { ManualClock } from '../../../core/manual-clock.ts';
import type { WatchedFrame } from '../../../web/src/api/live-messages.ts';
import { FrameHub } from '../../../web/src/live/frame-hub.ts';

function hub() {
  const clock = new ManualClock();
  const asked: (readonly string[])[] = [];
  const frames = new FrameHub(clock, (cameras) => asked.push(cameras));
  return { frames, asked, settle: () => clock.advance(1_000) };
}

const frameOf = (camera: string) => ({ head: { camera }, picture: new Blob([]) }) as unknown as WatchedFrame;

describe('the frame hub of the page', () => {
  it('asks for many cameras that came into view together with one message', () => {
    const { frames, asked, settle } = hub();
    for (const camera of ['a', 'b', 'c']) frames.follow(camera, () => {});
    settle();
    expect(asked).toEqual([['a', 'b', 'c']]);
  });

  it('stops asking for a camera when its last viewer leaves', () => {
    const { frames, asked, settle } = hub();
    const leaves = [frames.follow('a', () => {}), frames.follow('a', () => {})];
    frames.follow('b', () => {});
    leaves[0]?.();
    settle();
    leaves[1]?.();
    settle();
    expect(asked).toEqual([['a', 'b'], ['b']]);
  });

  it('hands a frame to the viewers of its camera only', () => {
    const { frames } = hub();
    const seen: string[] = [];
    frames.follow('a', () => seen.push('a'));
    frames.follow('b', () => seen.push('b'));
    frames.deliver(frameOf('b'));
    frames.deliver(frameOf('unknown'));
    expect(seen).toEqual(['b']);
  });

  it('asks for nothing while the page is hidden, and for all again when it is back', () => {
    const { frames, asked, settle } = hub();
    frames.follow('a', () => {});
    frames.pause(true);
    settle();
    frames.pause(false);
    settle();
    expect(asked).toEqual([[], ['a']]);
  });

  it('never asks for more topics than a watcher may have', () => {
    const { frames, asked, settle } = hub();
    for (let i = 0; i < 2 * WATCHER_TOPICS_MAX; i++) frames.follow(`camera-${i}`, () => {});
    settle();
    expect(asked[0]).toHaveLength(WATCHER_TOPICS_MAX - 2);
  });
});
