import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../core/manual-clock.ts';
import type { CameraSeen, PageBody } from '../../../../src/http/api/camera-reads.ts';
import { page } from '../../../../src/http/page.ts';
import { CameraNews, type CamerasNews, NEWS_CAMERAS_MAX } from '../../../../src/live/camera-news.ts';

const seen = (camera: string): CameraSeen =>
  ({
    camera,
    summary: { camera, connected: true },
    remote: false,
    ledger: { received: 0, inferred: 0, gated: 0, shed: {}, rejected: {}, lost: {}, inFlight: 0 },
  }) as unknown as CameraSeen;

function news(cameras: number, { watched = true, away = [] as string[] } = {}) {
  const all = Array.from({ length: cameras }, (_, i) => seen(`cam-${String(i).padStart(5, '0')}`));
  const clock = new ManualClock();
  const said: CamerasNews[] = [];
  let asked = 0;
  const state = { watched };
  const told = new CameraNews({
    clock,
    live: {
      follows: () => state.watched,
      deliver: (_topic, text) => void said.push(JSON.parse(text()) as CamerasNews),
    },
    cluster: {
      gather: async <T>(_question: string, body: unknown) => {
        asked++;
        const { after, limit } = body as PageBody;
        const query = new URLSearchParams({ after, limit: String(limit) });
        const answer = page(all, ({ camera }) => camera, query, NEWS_CAMERAS_MAX) as T;
        return { answers: [{ node: 'a', answer }], missing: away.map((node) => ({ node, code: 'peer_timeout' })) };
      },
    },
  });
  const second = async () => {
    told.tell();
    for (let i = 0; i < 10; i++) {
      await new Promise((done) => setImmediate(done));
      clock.advance(100);
    }
  };
  return { said, second, state, asked: () => asked };
}

describe('the list of cameras that dashboards are told', () => {
  it('comes whole, once a second, where it is short', async () => {
    const { said, second } = news(3);
    await second();
    await second();
    expect(said.map(({ cameras, after, next }) => [cameras.length, after, next])).toEqual([
      [3, '', null],
      [3, '', null],
    ]);
  });

  it('comes in pages spread over the second, that follow each other without a gap, and then from the beginning', async () => {
    const { said, second } = news(3 * NEWS_CAMERAS_MAX + 1);
    await second();
    expect(said.map(({ cameras }) => cameras.length)).toEqual([200, 200, 200, 1]);
    expect(said.map(({ after }) => after)).toEqual(['', ...said.slice(0, -1).map(({ next }) => next)]);
    await second();
    expect(said[4]?.after).toBe('');
  });

  it('tells no more pages a second however many cameras there are, and goes on where it was', async () => {
    const { said, second } = news(12 * NEWS_CAMERAS_MAX);
    await second();
    expect(said.length).toBe(5);
    await second();
    expect(said[5]?.after).toBe(said[4]?.next);
    await second();
    expect(new Set(said.flatMap(({ cameras }) => cameras.map(({ camera }) => camera))).size).toBe(
      12 * NEWS_CAMERAS_MAX,
    );
  });

  it('is made for nobody where nobody follows, and begins with the first camera for who comes then', async () => {
    const { said, second, state, asked } = news(12 * NEWS_CAMERAS_MAX);
    await second();
    state.watched = false;
    const before = asked();
    await second();
    expect(asked()).toBe(before);
    state.watched = true;
    said.length = 0;
    await second();
    expect(said[0]?.after).toBe('');
  });

  it('names the nodes whose cameras are missing in it', async () => {
    const { said, second } = news(1, { away: ['n2'] });
    await second();
    expect(said[0]?.away).toEqual(['n2']);
  });
});
