import { describe, expect, it } from 'vitest';
import { UNDELIVERED_PER_CAMERA_MAX, Undelivered } from '../../../../src/alerts/undelivered.ts';
import { alertOf } from '../../../support/alerts.ts';

function setUp() {
  const next = { redis: 1, live: 1 };
  const undelivered = new Undelivered(() => Object.entries(next).map(([name, at]) => ({ name, next: at })));
  const add = (position: number, camera: string) =>
    undelivered.add(position, { kind: 'alert', alert: alertOf(camera, { opening: position }) });
  const of = (camera: string) =>
    undelivered.ofCamera(camera).map((record) => `${record.alert?.opening} ${record.had ?? ''}`.trim());
  return { next, undelivered, add, of };
}

describe('the records some sink has not had', () => {
  it('are known by camera until every sink is past them, with the sinks that are', () => {
    const { next, undelivered, add, of } = setUp();
    for (const [i, camera] of ['a', 'b', 'a'].entries()) add(i + 1, camera);
    expect(of('a')).toEqual(['1', '3']);
    next.live = 4;
    next.redis = 2;
    expect([of('a'), of('b'), undelivered.size]).toEqual([['3 live'], ['2 live'], 2]);
    next.redis = 4;
    expect([of('a'), of('b'), undelivered.size]).toEqual([[], [], 0]);
  });

  it('say since when the oldest of them waits', () => {
    const { next, undelivered } = setUp();
    expect(undelivered.oldestAtMs).toBeUndefined();
    undelivered.add(1, { kind: 'alert', alert: alertOf('a', { opening: 1, atMs: 1_000 }) });
    undelivered.add(2, { kind: 'acknowledged', id: 'a:rule:1', who: 'ann', atMs: 2_000, alert: alertOf('a') });
    expect(undelivered.oldestAtMs).toBe(1_000);
    next.live = 3;
    next.redis = 2;
    expect(undelivered.oldestAtMs).toBe(2_000);
    next.redis = 3;
    expect(undelivered.oldestAtMs).toBeUndefined();
  });

  it('of one camera are bounded: the oldest is given up, and where the rest begins is known', () => {
    const { undelivered, add, of } = setUp();
    add(1, 'quiet');
    for (let n = 2; n < 2 + UNDELIVERED_PER_CAMERA_MAX + 3; n++) add(n, 'busy');
    expect([of('busy').length, of('busy')[0], undelivered.givenUp]).toEqual([UNDELIVERED_PER_CAMERA_MAX, '5', 3]);
    expect([undelivered.knownFrom('busy'), undelivered.knownFrom('quiet')]).toEqual([5, 0]);
    undelivered.drop('busy');
    expect([of('busy'), of('quiet'), undelivered.size]).toEqual([[], ['1'], 1]);
  });

  it('take no room once they are delivered, however many there were', () => {
    const { next, undelivered, add, of } = setUp();
    for (let n = 1; n <= 5_000; n++) {
      add(n, `cam-${n % 7}`);
      next.live = n + 1;
      next.redis = n - 1;
    }
    expect(undelivered.size).toBe(2);
    expect(of(`cam-${5_000 % 7}`)).toEqual(['5000 live']);
  });
});
