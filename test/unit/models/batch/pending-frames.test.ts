import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../core/random.ts';
import {
  type Pending,
  PendingFrames,
  PRIORITY_WEIGHTS,
  type Priority,
} from '../../../../models/batch/pending-frames.ts';
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

  it('says since when the frame has waited that waits longest, also where that was put back', () => {
    const pending = new PendingFrames<null>();
    expect(pending.oldestReceivedAtMs).toBeUndefined();
    const at = (camera: string, receivedAtMs: number) => ({
      frame: frameOf(camera, receivedAtMs, receivedAtMs),
      deadlineAtMs: 1_000,
      tag: null,
    });
    pending.offer(at('a', 10));
    pending.offer(at('b', 20));
    expect(pending.oldestReceivedAtMs).toBe(10);
    pending.offer(at('a', 30));
    expect(pending.oldestReceivedAtMs).toBe(20);
    pending.putBack(at('c', 5));
    expect(pending.oldestReceivedAtMs).toBe(5);
    pending.pick(3);
    expect(pending.oldestReceivedAtMs).toBeUndefined();
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

  it('loses and doubles nothing over random sequences of offers, picks of either kind, frames put back and expiries', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('offer' as const), camera: fc.nat(9), deadline: fc.nat(100) }),
      fc.record({ op: fc.constant('pick' as const), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({
        op: fc.constant('fresh' as const),
        count: fc.integer({ min: 1, max: 6 }),
        freshMs: fc.integer({ min: 1, max: 50 }),
      }),
      fc.record({ op: fc.constant('back' as const), which: fc.nat(20) }),
      fc.record({ op: fc.constant('expire' as const), at: fc.nat(100) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const pending = new PendingFrames<null>();
        let seq = 0;
        const out: number[] = [];
        const running: Pending<null>[] = [];
        const priorities: readonly Priority[] = ['critical', 'normal', 'low'];
        for (const [nowMs, s] of steps.entries()) {
          const before = pending.size;
          if (s.op === 'offer') {
            const frame = frameOf(`cam-${s.camera}`, ++seq, nowMs);
            const entry = { frame, deadlineAtMs: s.deadline, tag: null };
            const replaced = pending.offer(entry, priorities[s.camera % 3]);
            if (replaced !== undefined) out.push(replaced.frame.seq);
          } else if (s.op === 'pick' || s.op === 'fresh') {
            const { count } = s;
            const picked = s.op === 'pick' ? pending.pick(count) : pending.pickFresh(count, nowMs, s.freshMs);
            expect(new Set(cameras(picked)).size).toBe(picked.length);
            // A device is never left idle while anything waits.
            expect(picked).toHaveLength(Math.min(count, before));
            running.push(...picked);
          } else if (s.op === 'back') {
            const [entry] = running.splice(s.which, 1);
            const older = entry === undefined ? undefined : pending.putBack(entry);
            if (older !== undefined) out.push(older.frame.seq);
          } else {
            out.push(...pending.expire(s.at).map((p) => p.frame.seq));
          }
        }
        out.push(...running.map((p) => p.frame.seq));
        out.push(...pending.clear().map((p) => p.frame.seq));
        expect(out.sort((a, b) => a - b)).toEqual(Array.from({ length: seq }, (_, i) => i + 1));
      }),
      { seed: 11, numRuns: 200 },
    );
  });
});

/** Cameras alike. */
interface Group {
  readonly cameras: number;
  readonly fps: number;
  readonly priority?: Priority;
  /** Each frame under a name never used before. */
  readonly newNames?: boolean;
  /** Never passed over. */
  readonly inTurn?: boolean;
}

interface Device {
  readonly how: 'pick' | 'fresh';
  /** Periods vary by this share of themselves. */
  readonly jitter?: number;
  readonly serviceMs?: number;
  /** What a frame may have waited and still be fresh; decoding and running on a CPU node by default. */
  readonly freshMs?: number;
  readonly seconds?: number;
}

/** Cameras at seeded phases and a device of 80 frames/s, one at a time, that each must be answered within 250 ms. */
function overload(groups: readonly Group[], device: Device) {
  const { how, jitter = 0, serviceMs = 12.5, freshMs = 17, seconds = 60 } = device;
  const random = createRandom(1);
  const all = groups.flatMap((group, g) =>
    Array.from({ length: group.cameras }, (_, i) => {
      const periodMs = 1_000 / group.fps;
      const first = random() * periodMs;
      return { name: `cam-${g}-${i}`, group, g, periodMs, nextMs: first, served: 0, lastMs: first, gapMs: 0 };
    }),
  );
  const pending = new PendingFrames<(typeof all)[number]>();
  const ages: number[] = [];
  let seq = 0;
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += serviceMs) {
    const arrivals: { atMs: number; camera: (typeof all)[number] }[] = [];
    for (const camera of all) {
      for (; camera.nextMs <= nowMs; camera.nextMs += camera.periodMs * (1 + jitter * (random() - 0.5))) {
        arrivals.push({ atMs: camera.nextMs, camera });
      }
    }
    arrivals.sort((a, b) => a.atMs - b.atMs);
    for (const { atMs, camera } of arrivals) {
      const name = camera.group.newNames === true ? `${camera.name}-${seq}` : camera.name;
      const frame = frameOf(name, ++seq, atMs);
      pending.offer({ frame, deadlineAtMs: atMs + 250, tag: camera }, camera.group.priority);
    }
    pending.expire(nowMs + serviceMs);
    const inTurn = ({ tag }: { tag: (typeof all)[number] }): boolean => tag.group.inTurn === true;
    for (const { frame, tag } of how === 'pick' ? pending.pick(1) : pending.pickFresh(1, nowMs, freshMs, inTurn)) {
      tag.served++;
      tag.gapMs = Math.max(tag.gapMs, nowMs - tag.lastMs);
      tag.lastMs = nowMs;
      ages.push(nowMs - frame.receivedAtMs);
    }
  }
  ages.sort((a, b) => a - b);
  const at = (share: number): number => ages[Math.floor(ages.length * share)] ?? Number.NaN;
  return {
    runFps: ages.length / seconds,
    medianAgeMs: at(0.5),
    p99AgeMs: at(0.99),
    longestGapMs: Math.max(...all.map((camera) => Math.max(camera.gapMs, seconds * 1_000 - camera.lastMs))),
    groups: groups.map((group, g) => {
      const served = all.filter((camera) => camera.g === g).map((camera) => camera.served);
      const sum = served.reduce((a, b) => a + b, 0);
      const squares = served.reduce((a, b) => a + b * b, 0);
      return { jain: squares === 0 ? 0 : sum ** 2 / (served.length * squares), fps: sum / group.cameras / seconds };
    }),
  };
}

const LOADS = [
  { cameras: 16, fps: 10 },
  { cameras: 60, fps: 5 },
  { cameras: 100, fps: 3 },
  { cameras: 300, fps: 1 },
] as const;

describe('frames waiting for a device that cannot keep up', () => {
  it.each(LOADS)(
    'are shared out fairly over $cameras equal cameras of $fps frames/s while fresh ones go first',
    (load) => {
      for (const jitter of [0, 0.02]) {
        const fresh = overload([load], { how: 'fresh', jitter });
        expect(fresh.groups[0]?.jain).toBeGreaterThan(0.95);
        // No frame less is run for it.
        expect(fresh.runFps).toBeCloseTo(overload([load], { how: 'pick', jitter }).runFps, 1);
      }
    },
  );

  it.each(LOADS)('are run at a fraction of the age: $cameras cameras of $fps frames/s', (load) => {
    const plain = overload([load], { how: 'pick' });
    const fresh = overload([load], { how: 'fresh' });
    expect(fresh.medianAgeMs).toBeLessThan(20);
    expect(fresh.medianAgeMs).toBeLessThan(plain.medianAgeMs / 2);
    expect(fresh.p99AgeMs).toBeLessThanOrEqual(3 * 17);
    expect(fresh.p99AgeMs).toBeLessThan(plain.p99AgeMs / 1.9);
  });

  it('leave no camera out for long, however many there are', () => {
    for (const jitter of [0, 0.02]) {
      // A round takes 1.25, 3.75 and 12.5 s.
      expect(overload([{ cameras: 100, fps: 3 }], { how: 'fresh', jitter }).longestGapMs).toBeLessThan(5 * 1_250);
      expect(overload([{ cameras: 300, fps: 1 }], { how: 'fresh', jitter }).longestGapMs).toBeLessThan(5 * 3_750);
      expect(overload([{ cameras: 1_000, fps: 1 }], { how: 'fresh', jitter }).longestGapMs).toBeLessThan(3 * 12_500);
    }
  });

  it('give a camera of ten times the rate no more than its share, and cost the others none of theirs', () => {
    const equals = { cameras: 16, fps: 10 };
    const [others, hot] = overload([equals, { cameras: 1, fps: 100 }], { how: 'fresh', jitter: 0.02 }).groups;
    expect(others?.jain).toBeGreaterThan(0.99);
    expect((hot?.fps ?? 0) / (others?.fps ?? 0)).toBeLessThan(1.1);
    // Where a camera's share is less than one of its frames in three, one that always has a frame at hand gains a little.
    for (const slow of [LOADS[2], LOADS[3]]) {
      const [many, one] = overload([slow, { cameras: 1, fps: 10 * slow.fps }], { how: 'fresh', jitter: 0.02 }).groups;
      expect(many?.jain).toBeGreaterThan(0.95);
      expect(one?.fps).toBeLessThan(2 * (many?.fps ?? 0));
      expect(many?.fps).toBeGreaterThan((80 / (slow.cameras + 1)) * 0.98);
    }
  });

  it('are shared out by priority, 4 : 2 : 1, while fresh ones go first', () => {
    for (const [fps, serviceMs] of [
      [25, 12.5],
      [10, 22.5],
    ] as const) {
      const [critical, normal, low] = overload(
        (['critical', 'normal', 'low'] as const).map((priority) => ({ cameras: 6, fps, priority })),
        { how: 'fresh', jitter: 0.02, serviceMs, freshMs: 1.4 * serviceMs },
      ).groups;
      expect((critical?.fps ?? 0) / (low?.fps ?? 1)).toBeCloseTo(4, 0);
      expect((normal?.fps ?? 0) / (low?.fps ?? 1)).toBeCloseTo(2, 0);
      for (const group of [critical, normal, low]) expect(group?.jain).toBeGreaterThan(0.95);
    }
  });

  it('are not passed over where their cameras ask for no more than their share', () => {
    const within = { cameras: 12, fps: 5, inTurn: true };
    const { groups, p99AgeMs } = overload([{ cameras: 1, fps: 200 }, within], { how: 'fresh', jitter: 0.02 });
    expect(groups[1]?.fps).toBeGreaterThan(5 * 0.99);
    expect(p99AgeMs).toBeLessThan(60);
  });

  it('leave little to names made up for each frame', () => {
    const [cameras16] = overload([LOADS[0], { cameras: 10, fps: 10, newNames: true }], { how: 'fresh' }).groups;
    expect(cameras16?.fps).toBeGreaterThan(5 * 0.75);
    expect(cameras16?.jain).toBeGreaterThan(0.99);
    const [cameras300] = overload([LOADS[3], { cameras: 10, fps: 10, newNames: true }], { how: 'fresh' }).groups;
    expect(cameras300?.fps).toBeGreaterThan((80 / 300) * 0.85);
  });

  it('go in turn where none is fresh: a device is never left idle', () => {
    const pending = new PendingFrames<null>();
    for (const camera of ['a', 'b', 'c']) pending.offer(pendingOf(camera), 'critical');
    expect(cameras(pending.pickFresh(2, 10_000, 10))).toEqual(['a', 'b']);
    expect(cameras(pending.pickFresh(2, 10_000, 10))).toEqual(['c']);
  });

  it('go fresh ones first, and a camera passed over is first when it has a fresh one', () => {
    const pending = new PendingFrames<null>();
    const at = (camera: string, receivedAtMs: number) => ({
      frame: frameOf(camera, receivedAtMs, receivedAtMs),
      deadlineAtMs: 10_000,
      tag: null,
    });
    pending.offer(at('stale', 0));
    for (let nowMs = 1_000; nowMs < 1_050; nowMs += 10) {
      pending.offer(at('new-a', nowMs));
      pending.offer(at('new-b', nowMs));
      expect(cameras(pending.pickFresh(1, nowMs, 10))).not.toContain('stale');
    }
    pending.offer(at('stale', 1_050));
    pending.offer(at('new-a', 1_050));
    expect(cameras(pending.pickFresh(1, 1_050, 10))).toEqual(['stale']);
  });
});
