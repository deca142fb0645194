import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogLimit, type LogLimitRules } from '../../../../src/telemetry/log-limit.ts';

const RULES: LogLimitRules = { windowMs: 1_000, perKindMax: 5, perSubjectMax: 2, kindsMax: 3, subjectsMax: 4 };
const line = (kind: string, subject?: string, level = 40) => ({ kind, subject, level });

describe('the limit of a log', () => {
  it('lets the first lines of a kind through and counts the others until its window ends', () => {
    const limit = new LogLimit(RULES);
    const admitted = Array.from({ length: 12 }, (_, i) =>
      limit.admit(line('redis away', undefined, i === 7 ? 50 : 40), i),
    );
    expect(admitted.filter(Boolean)).toHaveLength(5);
    expect(limit.endsAtMs).toBe(1_000);
    expect(limit.ended(999)).toEqual([]);
    expect(limit.ended(1_000)).toEqual([{ kind: 'redis away', lines: 7, level: 50 }]);
    expect(limit.endsAtMs).toBeUndefined();
    expect(limit.admit(line('redis away'), 1_000)).toBe(true);
  });

  it('gives one camera a smaller share of its kind, so that it hides no other', () => {
    const limit = new LogLimit(RULES);
    const noisy = Array.from({ length: 30 }, () => limit.admit(line('bad', 'cam-1'), 0));
    expect(noisy.filter(Boolean)).toHaveLength(2);
    expect(limit.admit(line('bad', 'cam-2'), 0)).toBe(true);
    expect(limit.admit(line('worse', 'cam-1'), 0)).toBe(true);
    expect(limit.all()).toEqual([{ kind: 'bad', lines: 28, level: 40 }]);
  });

  it('tells nothing of a window in which nothing was suppressed', () => {
    const limit = new LogLimit(RULES);
    limit.admit(line('once'), 0);
    expect(limit.endsAtMs).toBeUndefined();
    expect(limit.ended(5_000)).toEqual([]);
  });

  it('takes kinds beyond what it tells apart as one', () => {
    const limit = new LogLimit(RULES);
    for (let i = 0; i < 3; i++) limit.admit(line(`kind ${i}`), 0);
    const others = Array.from({ length: 20 }, (_, i) => limit.admit(line(`made up ${i}`), 0));
    expect(others.filter(Boolean)).toHaveLength(5);
    expect(limit.all()).toEqual([{ kind: 'other lines', lines: 15, level: 40 }]);
  });

  it('loses no line: each is admitted or told of, and never are more admitted than may be', () => {
    const arrival = fc.record({
      kind: fc.integer({ min: 0, max: 5 }),
      subject: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
      gapMs: fc.integer({ min: 0, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 200 }), (arrivals) => {
        const limit = new LogLimit(RULES);
        let nowMs = 0;
        let admitted = 0;
        let told = 0;
        const sum = (all: readonly { lines: number }[]) => all.reduce((n, { lines }) => n + lines, 0);
        for (const { kind, subject, gapMs } of arrivals) {
          nowMs += gapMs;
          told += sum(limit.ended(nowMs));
          if (limit.admit(line(`k${kind}`, subject === undefined ? undefined : `s${subject}`), nowMs)) admitted++;
        }
        told += sum(limit.all());
        expect(admitted + told).toBe(arrivals.length);
        // Kinds told apart and the one for others, in as many windows as there was time for.
        expect(admitted).toBeLessThanOrEqual(
          (RULES.kindsMax + 1) * RULES.perKindMax * (1 + Math.ceil((nowMs + 1) / 1_000)),
        );
      }),
    );
  });
});
