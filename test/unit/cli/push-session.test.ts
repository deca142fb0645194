import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../core/manual-clock.ts';
import { PushSession } from '../../../src/cli/push/push-session.ts';
import type { FrameSource } from '../../../src/cli/push/source.ts';
import { TinyNode } from '../../support/tiny-node.ts';
import { until } from '../../support/until.ts';

const nodes: TinyNode[] = [];
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

/** A push whose source the test drives: `give(n, fps)` gives n pictures at that rate, by the clock of the session. */
async function start(options: { readonly fps?: number; readonly realtime?: boolean } = {}) {
  const node = await TinyNode.start();
  nodes.push(node);
  node.credit = 100;
  node.onFrame = ({ seq }) => node.answer(seq);
  const clock = new ManualClock();
  const session = new PushSession({
    ...{ url: node.url, camera: 'gate', token: undefined, verifyTls: true, clock },
    fps: options.fps,
    realtime: options.realtime ?? true,
  });
  expect(await session.connect()).toEqual({ fps: 10, width: 320, height: 180 });
  let take: (picture: Uint8Array) => Promise<void> = async () => {};
  let end = (): void => {};
  const source: FrameSource = {
    run: (taking) => {
      take = taking;
      return new Promise((resolve) => {
        end = resolve;
      });
    },
    stop: () => end(),
  };
  const running = session.run(source);
  let given = 0;
  /** Gives pictures and tells which of them came to the node. */
  const give = async (pictures: number, fps: number): Promise<number[]> => {
    const before = node.frames.length;
    const sentBefore = session.summary().sent;
    for (let i = 0; i < pictures; i++) {
      await take(Buffer.from(String(given++)));
      clock.advance(1_000 / fps);
    }
    const sent = session.summary().sent - sentBefore;
    await until('all sent to arrive', async () => node.frames.length === before + sent);
    return node.frames.slice(before).map((frame) => Number(frame.picture));
  };
  const ask = async (fps: number): Promise<void> => {
    node.say({ type: 'credit', credit: 100, target: { fps, width: 320, height: 180 } });
    await until('the target to be heard', async () => session.target?.fps === fps);
  };
  const stop = async (): Promise<void> => {
    end();
    await running;
    await session.stop(0);
  };
  return { node, session, give, ask, stop };
}

describe('the rate of a push', () => {
  it('is what the node asks for: frames of a faster source are dropped evenly', async () => {
    const { give, session, stop } = await start();
    const sent = await give(100, 25);
    expect(sent.length).toBeGreaterThanOrEqual(39);
    expect(sent.length).toBeLessThanOrEqual(41);
    const gaps = new Set(sent.slice(1).map((n, i) => n - (sent[i] ?? 0)));
    expect([...gaps].sort()).toEqual([2, 3]);
    expect(session.summary()).toMatchObject({ sent: sent.length, thinned: 100 - sent.length, superseded: 0 });
    await stop();
  });

  it('follows the node at once, down and up', async () => {
    const { give, ask, stop } = await start();
    await give(20, 20);
    await ask(2);
    const slow = await give(60, 20);
    expect(slow.length).toBeGreaterThanOrEqual(5);
    expect(slow.length).toBeLessThanOrEqual(7);
    await ask(20);
    // Not half a second later, which is how long it was to wait before.
    expect((await give(20, 20)).length).toBeGreaterThanOrEqual(15);
    await stop();
  });

  it('never exceeds what the node asks for in any second, however the target moves', async () => {
    const { give, ask, stop } = await start();
    for (const fps of [3, 7.5, 1, 12, 5]) {
      await ask(fps);
      // One more than the rate: the frame at each end of the second.
      expect((await give(30, 30)).length).toBeLessThanOrEqual(Math.ceil(fps) + 1);
    }
    await stop();
  });

  it('is no higher than what the source was said to give', async () => {
    const { give, node, stop } = await start({ fps: 4 });
    await until('hello', async () => node.texts.length === 1);
    expect(node.texts).toEqual([{ type: 'hello', schemaVersion: 1, fps: 4 }]);
    const sent = await give(80, 20);
    expect(sent.length).toBeGreaterThanOrEqual(15);
    expect(sent.length).toBeLessThanOrEqual(17);
    await stop();
  });
});
