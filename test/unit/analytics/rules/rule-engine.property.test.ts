import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEYS_MAX, OPEN_ALERTS_MAX } from '../../../../analytics/rules/alert-book.ts';
import { OPEN_INCIDENTS_MAX } from '../../../../analytics/rules/open-conditions.ts';
import { RuleEngine, type RuleInput } from '../../../../analytics/rules/rule-engine.ts';
import { WINDOW_BUCKETS } from '../../../../analytics/rules/sliding-window.ts';
import type { AlertChange } from '../../../../core/alert.ts';
import type { CameraEvent } from '../../../../core/camera-event.ts';
import { crossing, gauge, health, incident, item, ruleOf, START_MS } from './looks.ts';

const RULES = [
  ruleOf({ id: 'count', kind: 'threshold', metric: 'crossings', above: 3, windowS: 20, cooldownS: 15, clearAfterS: 2 }),
  ruleOf({ id: 'queue', kind: 'threshold', metric: 'queue', above: 4, windowS: 10, holdS: 3, cooldownS: 5 }),
  ruleOf({
    id: 'p85',
    kind: 'threshold',
    metric: 'speed',
    aggregate: 'p85',
    above: 50,
    windowS: 30,
    coverageMin: null,
  }),
  ruleOf({ id: 'rate', kind: 'threshold', metric: 'crossings', aggregate: 'per_hour', below: 200, windowS: 60 }),
  ruleOf({ id: 'none', kind: 'absence', afterS: 12, cooldownS: 0, clearAfterS: 0 }),
  ruleOf({ id: 'stop', kind: 'incident', cooldownS: 10, clearAfterS: 1 }),
  ruleOf({ id: 'zone', kind: 'incident', dedupeKey: '{zone}', cooldownS: 7, clearAfterS: 0 }),
  ruleOf({ id: 'same', kind: 'health', dedupeKey: 'lane', cooldownS: 3, clearAfterS: 0 }),
  ruleOf({ id: 'cam', kind: 'health', clearAfterS: 0, cooldownS: 20 }),
  ruleOf({ id: 'belt', kind: 'composition', above: 0.3, itemsMin: 2, windowS: 15, cooldownS: 4 }),
  ruleOf({
    id: 'hours',
    kind: 'incident',
    cooldownS: 2,
    schedule: [{ from: '12:01', to: '12:03', timeZone: 'UTC' }],
  }),
];

const event: fc.Arbitrary<CameraEvent> = fc.oneof(
  fc.integer({ min: 20, max: 90 }).map((speedKmh) => crossing('north', { speedKmh })),
  fc
    .tuple(fc.constantFrom('stopped_vehicle', 'wrong_way'), fc.constantFrom('opened', 'closed'), fc.nat(4))
    .map(([kind, state, number]) => incident(kind as 'wrong_way', state as 'opened', number)),
  fc
    .tuple(fc.constantFrom('black', 'offline'), fc.constantFrom('opened', 'closed'))
    .map(([condition, state]) => health(condition as 'black', state as 'opened')),
  fc.boolean().map((allowed) => item('pet', allowed)),
);

/** Looks at uneven times, some of them seeing nothing, some long after the one before. */
const looks = fc
  .array(
    fc.record({
      afterMs: fc.oneof({ weight: 12, arbitrary: fc.nat(3_000) }, { weight: 1, arbitrary: fc.nat(90_000) }),
      seen: fc.integer({ min: 0, max: 9 }).map((n) => n > 1),
      events: fc.array(event, { maxLength: 3 }),
      queue: fc.nat(8),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((steps): RuleInput[] => {
    let atMs = START_MS;
    return steps.map(({ afterMs, seen, events, queue }) => {
      atMs += afterMs;
      const observedS = seen ? Math.min(1.5, afterMs / 1_000) : 0;
      return { atMs, observedS, events, gauges: seen ? [gauge('queue', queue)] : [], appeared: [] };
    });
  });

const runs = { numRuns: 150, seed: 4 };

function observeAll(engine: RuleEngine, inputs: readonly RuleInput[]): AlertChange[] {
  return inputs.flatMap((input) => engine.observe(input));
}

describe('any course of events', () => {
  it('opens and closes in turns for each key of the camera, with numbers that only grow', () => {
    let opened = 0;
    fc.assert(
      fc.property(looks, (inputs) => {
        const openByKey = new Map<string, AlertChange>();
        const last = new Map<string, number>();
        for (const change of observeAll(new RuleEngine(RULES), inputs)) {
          const { rule, dedupeKey, opening, state } = change;
          const open = openByKey.get(dedupeKey);
          if (state === 'opened') {
            opened++;
            expect(open).toBeUndefined();
            expect(opening).toBe((last.get(rule) ?? 0) + 1);
            last.set(rule, opening);
            openByKey.set(dedupeKey, change);
          } else {
            expect(open).toMatchObject({ rule, opening, openedAtMs: change.openedAtMs, title: change.title });
            expect(change.atMs).toBeGreaterThanOrEqual(change.openedAtMs);
            openByKey.delete(dedupeKey);
          }
        }
      }),
      runs,
    );
    expect(opened).toBeGreaterThan(400); // or the courses are too dull to prove anything
  });

  it('raises nothing of a key within the cool-down of the rule that closed it', () => {
    fc.assert(
      fc.property(looks, (inputs) => {
        const cooldown = new Map(RULES.map((rule) => [rule.id, rule.cooldownS * 1_000]));
        const quietUntil = new Map<string, number>();
        for (const { rule, dedupeKey, state, atMs } of observeAll(new RuleEngine(RULES), inputs)) {
          if (state === 'closed') quietUntil.set(dedupeKey, atMs + (cooldown.get(rule) ?? 0));
          else expect(atMs).toBeGreaterThanOrEqual(quietUntil.get(dedupeKey) ?? 0);
        }
      }),
      runs,
    );
  });

  it('gives the same whether or not it is rebuilt from its state on the way', () => {
    fc.assert(
      fc.property(looks, fc.nat(120), (inputs, cut) => {
        const whole = observeAll(new RuleEngine(RULES), inputs);
        const first = new RuleEngine(RULES);
        const head = observeAll(first, inputs.slice(0, cut));
        const second = new RuleEngine(RULES, JSON.parse(JSON.stringify(first.state())));
        expect([...head, ...observeAll(second, inputs.slice(cut))]).toEqual(whole);
      }),
      runs,
    );
  });

  it('speaks in whole sentences, without holes', () => {
    fc.assert(
      fc.property(looks, (inputs) => {
        for (const { title, message } of observeAll(new RuleEngine(RULES), inputs)) {
          expect(title).toMatch(/^[A-Z0-9]/);
          expect(message).toMatch(/^[A-Z0-9].*\.$/);
          expect(`${title} ${message}`).not.toMatch(/NaN|undefined|null|Infinity|\{|\}/);
        }
      }),
      runs,
    );
  });
});

describe('what the rules of a camera keep', () => {
  it('does not grow with what happens', () => {
    const rules = [
      ...RULES.filter(({ schedule }) => schedule === null),
      ruleOf({ id: 'day', kind: 'threshold', metric: 'speed', aggregate: 'p85', above: 1e6, windowS: 86_400 }),
      ruleOf({ id: 'track', kind: 'incident', dedupeKey: '{track}', cooldownS: 86_400, clearAfterS: 0 }),
    ];
    const engine = new RuleEngine(rules);
    let number = 0;
    for (let second = 0; second < 4_000; second++) {
      const events: CameraEvent[] = [];
      for (let i = 0; i < 4; i++) {
        number++;
        events.push(crossing('north', { speedKmh: (number * 37) % 160 }), incident('wrong_way', 'opened', number));
        if (number > 20) events.push(incident('wrong_way', 'closed', number - 20));
      }
      const atMs = START_MS + second * 21_000;
      engine.observe({ atMs, observedS: 1, events, gauges: [gauge('queue', second % 7)], appeared: [] });
    }
    const state = engine.state();
    expect(state.open.incidents.length).toBeLessThanOrEqual(OPEN_INCIDENTS_MAX);
    for (const { evidence, alerts } of state.rules) {
      expect(evidence?.window.length ?? 0).toBeLessThanOrEqual(WINDOW_BUCKETS + 1);
      expect(alerts.length).toBeLessThanOrEqual(KEYS_MAX);
      expect(alerts.filter(({ open }) => open !== null).length).toBeLessThanOrEqual(OPEN_ALERTS_MAX);
    }
    expect(JSON.stringify(state).length).toBeLessThan(600_000);
  });

  it('does not grow with rules that come and go, and numbers never come again', () => {
    let engine = new RuleEngine([]);
    const given = new Set<string>();
    for (let n = 0; n < 300; n++) {
      const rule = ruleOf({ id: `rule-${n % 150}`, kind: 'incident', cooldownS: 0 });
      engine = new RuleEngine([rule], engine.state());
      const changes = engine.observe({
        atMs: START_MS + n * 1_000,
        observedS: 1,
        events: [incident('wrong_way', 'opened', n)],
        gauges: [],
        appeared: [],
      });
      for (const { rule: id, opening, state } of changes) {
        if (state === 'closed') continue;
        expect(given.has(`${id}:${opening}`)).toBe(false);
        given.add(`${id}:${opening}`);
      }
    }
    expect(Object.keys(engine.openings()).length).toBeLessThanOrEqual(66);
    expect(given.size).toBeGreaterThanOrEqual(300);
  });
});
