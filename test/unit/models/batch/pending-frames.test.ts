import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../core/random.ts';
import { PendingFrames, PRIORITY_WEIGHTS, type Priority } from '../../../../models/batch/pending-frames.ts';
import { frameOf, pendingOf } from './fixtures.ts';

const cameras = (picked: readonly { readonly frame: { readonly camera: string } }[]) =>
  picked.map((p) => p.frame.camera);

describe('frames waiting for a device', () => {
  it('hands back the older frame when a newer one of the same camera takes its slot', () => {
    const pending = new PendingFrames<null>();
    const older = pendingOf('a', 1);
    expect(pending.offer(older)).toBeUndefined();
    expect(pending.offer(pendingOf('a', 2))).toBe(older);
    expect(pending.size).toBe(1);
    expect(pending.pick(1)[0]?.frame.seq).toBe(2);
  });

  it('takes cameras in turn, one frame each, whatever order their newer frames come in', () => {
    const pending = new PendingFrames<null>();
    for (const camera of ['a', 'b', 'c', 'd']) pending.offer(pendingOf(camera), 'critical');
    for (let i = 0; i < 50; i++) pending.offer(pendingOf('d', 2 + i), 'critical');
    expect(cameras(pending.pick(2))).toEqual(['a', 'b']);
    pending.offer(pendingOf('a', 2), 'critical');
    expect(cameras(pending.pick(8))).toEqual(['c', 'd', 'a']);
  });

  it('gives each camera its share by priority when there is not room for all', () => {
    const pending = new PendingFrames<null>();
    const served: Record<string, number> = {};
    const wants: [string, Priority][] = [
      ['critical-1', 'critical'],
      ['normal-1', 'normal'],
      ['normal-2', 'normal'],
      ['low-1', 'low'],
    ];
    for (let round = 0; round < 900; round++) {
      for (const [camera, priority] of wants) pending.offer(pendingOf(camera, round), priority);
      for (const camera of cameras(pending.pick(1))) served[camera] = (served[camera] ?? 0) + 1;
    }
    // Weights 4 : 2 : 2 : 1 of 900 picks.
    expect(served['critical-1']).toBeGreaterThan(390);
    expect(served['normal-1']).toBeGreaterThan(190);
    expect(served['normal-2']).toBeGreaterThan(190);
    expect(served['low-1']).toBeGreaterThan(90);
  });

  it('never lets a camera wait beyond its bound, whatever the others send', () => {
    const priorities = fc.constantFrom<Priority>('critical', 'normal', 'low');
    fc.assert(
      fc.property(
        fc.array(priorities, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 8 }),
        fc.infiniteStream(fc.nat(11)),
        (others, batch, stream) => {
          const pending = new PendingFrames<null>();
          const all: Priority[] = ['low', ...others];
          const weights = all.map((priority) => PRIORITY_WEIGHTS[priority]);
          // Between two of its frames each other camera of weight v is served at most v / w + 1 times.
          const bounds = weights.map((w, i) => {
            const servedBetween = weights.reduce((sum, v, j) => sum + (i === j ? 0 : v / w + 1), 0);
            return Math.ceil((servedBetween + 1) / Math.min(batch, all.length));
          });
          const waited = all.map(() => 0);
          for (let pick = 0; pick < 60; pick++) {
            // Everyone always has a frame waiting, and some have replaced theirs several times.
            all.forEach((priority, i) => {
              pending.offer(pendingOf(`cam-${i}`, pick), priority);
            });
            for (let i = 0; i < 5; i++) {
              const noisy = (stream.next().value ?? 0) % all.length;
              pending.offer(pendingOf(`cam-${noisy}`, pick), all[noisy] ?? 'low');
            }
            const picked = new Set(cameras(pending.pick(batch)));
            all.forEach((_, i) => {
              waited[i] = picked.has(`cam-${i}`) ? 0 : (waited[i] ?? 0) + 1;
              expect(waited[i]).toBeLessThanOrEqual(bounds[i] ?? 0);
            });
          }
        },
      ),
      { seed: 7, numRuns: 60 },
    );
  });

  /** `n` cameras of one frame per `periodMs` at seeded phases, a device of one frame per `serviceMs`, for 60 s. */
  function serve(n: number, periodMs: number, serviceMs: number, deadlineMs: number) {
    const random = createRandom(n);
    const phases = Array.from({ length: n }, () => random() * periodMs);
    const pending = new PendingFrames<number>();
    const lastServed = phases.map(() => 0);
    let longestGapMs = 0;
    const ages: number[] = [];
    let sentUntil = 0;
    for (let nowMs = 0; nowMs < 60_000; nowMs += serviceMs) {
      for (let sendMs = sentUntil; sendMs < Math.ceil(nowMs); sendMs++) {
        phases.forEach((phase, i) => {
          if (Math.floor(phase) !== sendMs % periodMs) return;
          const frame = frameOf(`cam-${i}`, 1, sendMs);
          pending.offer({ frame, deadlineAtMs: sendMs + deadlineMs, tag: i });
        });
      }
      sentUntil = Math.ceil(nowMs);
      pending.expire(nowMs + serviceMs);
      for (const { tag, frame } of pending.pick(1)) {
        longestGapMs = Math.max(longestGapMs, nowMs - (lastServed[tag] ?? 0));
        lastServed[tag] = nowMs;
        ages.push(nowMs - frame.receivedAtMs);
      }
    }
    for (const lastMs of lastServed) longestGapMs = Math.max(longestGapMs, 60_000 - lastMs);
    ages.sort((a, b) => a - b);
    return { longestGapMs, medianAgeMs: ages[ages.length >> 1] ?? Number.NaN };
  }

  it('serves cameras slower than a round in turn, although most of their frames expire before it comes', () => {
    // 300 cameras at 1 fps, 80 frames/s: a round takes 3.75 s, a frame may wait 0.25 s.
    expect(serve(300, 1_000, 12.5, 250).longestGapMs).toBeLessThan(2 * 3_750);
    expect(serve(100, 333, 12.5, 250).longestGapMs).toBeLessThan(2 * 1_250);
  });

  it('serves frames of any age under slight overload, not only such as are about to be replaced', () => {
    // 16 cameras at 5 fps need 80 frames/s of a device that gives 67: ages spread over the 200 ms between two frames.
    expect(serve(16, 200, 15, 250).medianAgeMs).toBeLessThan(130);
  });

  it('lets no newcomer overtake those who wait, however many names turn up', () => {
    const pending = new PendingFrames<null>();
    pending.offer(pendingOf('old'));
    for (let i = 0; i < 50; i++) pending.offer(pendingOf(`new-${i}`));
    expect(cameras(pending.pick(1))).toEqual(['old']);
    pending.offer(pendingOf('old', 2));
    pending.pick(50);
    for (let i = 50; i < 100; i++) pending.offer(pendingOf(`new-${i}`));
    expect(cameras(pending.pick(2))).toContain('old');
  });

  it('keeps the turn of a camera whose frame expired for its next frame', () => {
    const pending = new PendingFrames<null>();
    pending.offer(pendingOf('slow', 1, 10));
    pending.offer(pendingOf('other', 1));
    expect(cameras(pending.expire(11))).toEqual(['slow']);
    pending.offer(pendingOf('slow', 2, 1_000));
    expect(cameras(pending.pick(1))).toEqual(['slow']);
  });

  it('takes out what can no longer be answered in time, and only that', () => {
    const pending = new PendingFrames<null>();
    pending.offer(pendingOf('late', 1, 99));
    pending.offer(pendingOf('just', 1, 100));
    pending.offer(pendingOf('early', 1, 500));
    expect(pending.countMeeting(100, 10)).toBe(2);
    expect(cameras(pending.expire(100))).toEqual(['late']);
    expect(cameras(pending.pick(5)).sort()).toEqual(['early', 'just']);
  });

  it('puts a frame that could not run back to the front, unless a newer one has come', () => {
    const pending = new PendingFrames<null>();
    pending.offer(pendingOf('b'));
    expect(pending.putBack(pendingOf('a', 1))).toBeUndefined();
    expect(cameras(pending.pick(1))).toEqual(['a']);
    pending.offer(pendingOf('a', 2));
    const older = pendingOf('a', 1);
    expect(pending.putBack(older)).toBe(older);
    expect(pending.size).toBe(2);
  });

  it('loses and doubles nothing over random sequences of offers, picks and expiries', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('offer' as const), camera: fc.nat(9), deadline: fc.nat(100) }),
      fc.record({ op: fc.constant('pick' as const), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ op: fc.constant('expire' as const), at: fc.nat(100) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const pending = new PendingFrames<null>();
        let seq = 0;
        const out: number[] = [];
        for (const s of steps) {
          if (s.op === 'offer') {
            const replaced = pending.offer(pendingOf(`cam-${s.camera}`, ++seq, s.deadline));
            if (replaced !== undefined) out.push(replaced.frame.seq);
          } else if (s.op === 'pick') {
            const picked = pending.pick(s.count);
            expect(new Set(cameras(picked)).size).toBe(picked.length);
            out.push(...picked.map((p) => p.frame.seq));
          } else {
            out.push(...pending.expire(s.at).map((p) => p.frame.seq));
          }
        }
        out.push(...pending.clear().map((p) => p.frame.seq));
        expect(out.sort((a, b) => a - b)).toEqual(Array.from({ length: seq }, (_, i) => i + 1));
      }),
      { seed: 11, numRuns: 200 },
    );
  });
});
