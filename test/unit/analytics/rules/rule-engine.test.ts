import { describe, expect, it } from 'vitest';
import { RuleEngine, type RulesState } from '../../../../analytics/rules/rule-engine.ts';
import { crossing, gauge, health, incident, item, look, ruleOf, run, START_MS, told } from './looks.ts';

const copy = (state: RulesState): RulesState => JSON.parse(JSON.stringify(state));

describe('a threshold rule', () => {
  const busy = { kind: 'threshold', metric: 'crossings', above: 2, windowS: 60 };

  it('opens when more was counted in the window than the threshold, and closes when that has slid out', () => {
    const engine = new RuleEngine([ruleOf({ ...busy, subject: 'north' })]);
    const changes = run(engine, 0, 200, (s) => ({ events: s >= 50 && s < 53 ? [crossing()] : [] }));
    // The third crossing at 52 s; at 111 s only two are left, which is still beyond 10 % inside; at 112 s one.
    expect(told(changes)).toEqual(['opened 1 at 52', 'closed 1 at 117']);
    expect(changes[0]).toMatchObject({
      rule: 'r',
      severity: 'warning',
      dedupeKey: 'r',
      value: 3,
      threshold: 2,
      title: 'Crossings of line north above 2',
      data: { metric: 'crossings', subject: 'north' },
      snapshot: true,
    });
    expect(changes[0]?.message).toMatch(
      /^Crossings of line north: 3 in the last 1 min, above the threshold of 2; \d+ % of that time was observed\.$/,
    );
    expect(changes[1]?.message).toBe('Crossings of line north: 0 in the last 1 min. It was open for 1 min 5 s.');
  });

  it('counts only the line, direction and class it is about', () => {
    const rule = ruleOf({ ...busy, above: 0, coverageMin: null, subject: 'north', direction: 'down', label: 'car' });
    const opens = (event: ReturnType<typeof crossing>) =>
      new RuleEngine([rule]).observe(look(0, { events: [event] })).length === 1;
    expect(opens(crossing('north'))).toBe(true);
    expect(opens(crossing('south'))).toBe(false);
    expect(opens(crossing('north', { name: 'up' }))).toBe(false);
    expect(opens(crossing('north', { label: 'bus' }))).toBe(false);
  });

  it('stays open between the threshold and where it clears', () => {
    const queue = { kind: 'threshold', metric: 'queue', subject: 'lane', aggregate: 'max', windowS: 1, cooldownS: 0 };
    const engine = new RuleEngine([ruleOf({ ...queue, above: 10, clearAt: 5, clearAfterS: 0 })]);
    const level = (s: number) => (s < 10 ? 11 : s < 20 ? 7 : 5);
    const changes = run(engine, 0, 40, (s) => ({ gauges: [gauge('queue', level(s))] }));
    expect(told(changes)).toEqual(['opened 1 at 0', 'closed 1 at 20']);
  });

  it('weighs levels by the time they lasted', () => {
    const rule = { kind: 'threshold', metric: 'occupancy', subject: 'lane', windowS: 10, above: 4.9, coverageMin: 0.9 };
    const engine = new RuleEngine([ruleOf(rule)]);
    // 5 s of 9 and 5 s of 1 are 5 on average, though there are 50 looks of one and 5 of the other.
    const changes = [...run(engine, 0, 5, () => ({ gauges: [gauge('occupancy', 1)] }))];
    for (let tenth = 0; tenth <= 50; tenth++) {
      changes.push(...engine.observe(look(4 + tenth / 10, { observedS: 0.1, gauges: [gauge('occupancy', 9)] })));
    }
    expect(changes).toHaveLength(1);
    expect(changes[0]?.value).toBeCloseTo(5, 0);
  });

  it('tells rates by the time that was observed', () => {
    const rule = { kind: 'threshold', metric: 'crossings', aggregate: 'per_hour', windowS: 600, above: 100 };
    const engine = new RuleEngine([ruleOf({ ...rule, coverageMin: 0.4 })]);
    // 10 crossings in 240 s seen: 150 an hour.
    const changes = run(engine, 0, 242, (s) => ({ events: s % 24 === 0 ? [crossing()] : [] }));
    expect(changes[0]?.value).toBeGreaterThan(140);
    expect(changes[0]?.value).toBeLessThan(170);
    expect(changes[0]?.message).toContain('per hour');
  });

  it('knows the speed that 85 % do not exceed', () => {
    const rule = { kind: 'threshold', metric: 'speed', aggregate: 'p85', windowS: 100, above: 60, coverageMin: null };
    const engine = new RuleEngine([ruleOf(rule)]);
    const changes = run(engine, 0, 100, (s) => ({ events: [crossing('north', { speedKmh: s < 80 ? 50 : 70 })] }));
    expect(told(changes)).toEqual(['opened 1 at 94']);
    expect(changes[0]?.value).toBeCloseTo(70, 0);
    expect(changes[0]?.title).toBe('85th percentile of speed above 60 km/h');
  });

  it('does not take an unseen part of the window for too little', () => {
    const rule = ruleOf({ kind: 'threshold', metric: 'crossings', windowS: 60, below: 50 });
    const one = new RuleEngine([rule]);
    expect(run(one, 0, 120, () => ({ events: [crossing()] }))).toEqual([]);
    const other = new RuleEngine([rule]);
    expect(told(run(other, 0, 120, (s) => ({ events: s % 2 === 0 ? [crossing()] : [] })))).toEqual(['opened 1 at 29']);
  });
});

describe('an absence rule', () => {
  const quiet = { kind: 'absence', metric: 'crossings', subject: 'north', afterS: 60 };

  it('opens when nothing came for so long, and closes when something does', () => {
    const engine = new RuleEngine([ruleOf(quiet)]);
    const changes = run(engine, 0, 150, (s) => ({ events: s === 10 || s === 100 ? [crossing()] : [] }));
    expect(told(changes)).toEqual(['opened 1 at 70', 'closed 1 at 105']);
    expect(changes[0]?.title).toBe('No crossing of line north for 1 min');
    expect(changes[1]?.message).toBe('A crossing of line north was seen again. It was open for 35 s.');
  });

  it('misses nothing while nobody looks, and goes on missing it when one looks again', () => {
    const engine = new RuleEngine([ruleOf(quiet)]);
    const changes = run(engine, 0, 300, (s) => ({ observedS: s < 200 ? 0 : 1 }));
    expect(told(changes)).toEqual(['opened 1 at 229']);
  });

  it('ends with what is seen, however little that is', () => {
    const engine = new RuleEngine([ruleOf(quiet)]);
    run(engine, 0, 100);
    const changes = run(engine, 100, 400, (s) => ({ observedS: 0, events: s === 300 ? [crossing()] : [] }));
    expect(told(changes)).toEqual(['closed 1 at 305']);
  });

  it('counts objects first seen, and objects in a zone', () => {
    const objects = new RuleEngine([ruleOf({ kind: 'absence', metric: 'objects', label: 'person', afterS: 10 })]);
    const seen = run(objects, 0, 20, (s) => ({ appeared: [{ track: s, label: s < 5 ? 'person' : 'car' }] }));
    expect(told(seen)).toEqual(['opened 1 at 14']);
    const zone = new RuleEngine([ruleOf({ kind: 'absence', metric: 'occupancy', subject: 'lane', afterS: 10 })]);
    const empty = run(zone, 0, 20, (s) => ({ gauges: [gauge('occupancy', s < 5 ? 2 : 0)] }));
    expect(told(empty)).toEqual(['opened 1 at 14']);
  });
});

describe('an incident rule', () => {
  const rule = { kind: 'incident', incidents: ['stopped_vehicle'], clearAfterS: 2, cooldownS: 30 };

  it('has an alert for each vehicle, which closes with its incident', () => {
    const engine = new RuleEngine([ruleOf(rule)]);
    const events = new Map([
      [1, incident('stopped_vehicle', 'opened', 1)],
      [3, incident('stopped_vehicle', 'opened', 2)],
      [10, incident('stopped_vehicle', 'closed', 1)],
      [20, incident('stopped_vehicle', 'closed', 2)],
    ]);
    const changes = run(engine, 0, 40, (s) => ({ events: [events.get(s)].filter((event) => event !== undefined) }));
    expect(told(changes)).toEqual(['opened 1 at 1', 'opened 2 at 3', 'closed 1 at 12', 'closed 2 at 22']);
    expect(changes[0]).toMatchObject({
      title: 'Stopped vehicle in zone lane',
      message: 'A car has been standing for 10 s.',
      dedupeKey: 'r:stopped_vehicle:lane:1',
      data: { track: 1, number: 1, zone: 'lane' },
    });
    expect(changes[2]?.dedupeKey).toBe('r:stopped_vehicle:lane:1');
  });

  it('is one alert where the key says so, open until the last of them is over', () => {
    const engine = new RuleEngine([ruleOf({ ...rule, dedupeKey: '{rule}/{zone}' })]);
    engine.observe(look(0, { events: [incident('stopped_vehicle', 'opened', 1)] }));
    expect(run(engine, 1, 5, (s) => ({ events: s === 2 ? [incident('stopped_vehicle', 'opened', 2)] : [] }))).toEqual(
      [],
    );
    const changes = run(engine, 5, 40, (s) => ({
      events:
        s === 10
          ? [incident('stopped_vehicle', 'closed', 1)]
          : s === 20
            ? [incident('stopped_vehicle', 'closed', 2)]
            : [],
    }));
    expect(told(changes)).toEqual(['closed 1 at 22']);
    expect(changes[0]?.dedupeKey).toBe('r/lane');
  });

  it('looks only at its kinds and zones', () => {
    const engine = new RuleEngine([ruleOf({ ...rule, zones: ['lane'] })]);
    expect(engine.observe(look(0, { events: [incident('wrong_way', 'opened')] }))).toEqual([]);
    const elsewhere = incident('stopped_vehicle', 'opened', 2, { zone: 'yard' });
    expect(engine.observe(look(1, { events: [elsewhere] }))).toEqual([]);
    expect(engine.observe(look(2, { events: [incident('stopped_vehicle', 'opened', 3)] }))).toHaveLength(1);
  });

  it('is raised at once, however little was observed', () => {
    const engine = new RuleEngine([ruleOf({ ...rule, coverageMin: 1 })]);
    const changes = engine.observe(look(0, { observedS: 0, events: [incident('stopped_vehicle', 'opened')] }));
    expect(changes).toHaveLength(1);
  });

  it('raises an incident that begins and ends within one look', () => {
    const engine = new RuleEngine([ruleOf(rule)]);
    const both = [incident('stopped_vehicle', 'opened'), incident('stopped_vehicle', 'closed')];
    const changes = run(engine, 0, 10, (s) => ({ events: s === 0 ? both : [] }));
    expect(told(changes)).toEqual(['opened 1 at 0', 'closed 1 at 3']);
  });

  it('has at most 64 open at once', () => {
    const engine = new RuleEngine([ruleOf(rule)]);
    const events = Array.from({ length: 200 }, (_, i) => incident('stopped_vehicle', 'opened', i + 1));
    expect(engine.observe(look(0, { events }))).toHaveLength(64);
    expect(run(engine, 1, 5)).toEqual([]);
  });

  it('knows what was the case before it came', () => {
    const before = new RuleEngine([]);
    before.observe(look(0, { events: [incident('stopped_vehicle', 'opened')] }));
    const engine = new RuleEngine([ruleOf(rule)], copy(before.state()));
    expect(told(engine.observe(look(1)))).toEqual(['opened 1 at 1']);
  });

  it('lets incidents go that analytics does not know after it was restored', () => {
    const engine = new RuleEngine([ruleOf(rule)]);
    engine.observe(look(0, { events: [incident('stopped_vehicle', 'opened', 7)] }));
    engine.keepIncidents([{ incident: 'stopped_vehicle', number: 6 }]);
    expect(told(run(engine, 1, 10))).toEqual(['closed 1 at 3']);
  });
});

describe('a health rule', () => {
  it('raises an offline camera, of which nothing is observed', () => {
    const engine = new RuleEngine([ruleOf({ kind: 'health', severity: 'critical' })]);
    const changes = run(engine, 0, 100, (s) => ({
      observedS: 0,
      events: s === 30 ? [health('offline', 'opened')] : s === 60 ? [health('offline', 'closed')] : [],
    }));
    expect(told(changes)).toEqual(['opened 1 at 30', 'closed 1 at 65']);
    expect(changes[0]).toMatchObject({
      severity: 'critical',
      title: 'The camera is offline',
      message: 'No frame for 30 s.',
      dedupeKey: 'r:offline',
      data: { condition: 'offline' },
    });
  });
});

describe('a composition rule', () => {
  const rule = { kind: 'composition', windowS: 60, above: 0.2, itemsMin: 10 };

  it('opens when too much does not belong there', () => {
    const engine = new RuleEngine([ruleOf(rule)]);
    const changes = run(engine, 0, 60, (s) => ({ events: [item('pet', s < 30 || s % 2 === 0)] }));
    expect(changes).toHaveLength(1);
    expect(changes[0]?.value).toBeGreaterThan(0.2);
    expect(changes[0]).toMatchObject({ title: 'Contamination above 20 %', threshold: 0.2 });
    expect(changes[0]?.message).toMatch(/^Contamination: 2\d % of \d+ items in the last 1 min, above the threshold/);
  });

  it('says nothing of few items, and ends with an empty belt', () => {
    const engine = new RuleEngine([ruleOf(rule)]);
    expect(run(engine, 0, 60, (s) => ({ events: s < 9 ? [item('pet', false)] : [] }))).toEqual([]);
    expect(engine.observe(look(60, { events: [item('pet', false)] }))).toHaveLength(1);
    expect(told(run(engine, 61, 200))).toEqual(['closed 1 at 126']);
  });

  it('tells the share of one material', () => {
    const engine = new RuleEngine([ruleOf({ ...rule, material: 'pet', above: null, below: 0.5 })]);
    const changes = run(engine, 0, 60, (s) => ({ events: [item(s % 3 === 0 ? 'pet' : 'paper')] }));
    expect(told(changes)).toEqual(['opened 1 at 29']);
    expect(changes[0]?.title).toBe('Share of pet below 50 %');
  });
});

describe('timing', () => {
  const level = { kind: 'threshold', metric: 'queue', aggregate: 'max', windowS: 1, above: 5, clearAfterS: 0 };
  const queue = (value: number) => ({ gauges: [gauge('queue', value)] });

  it('waits until the condition has held', () => {
    const engine = new RuleEngine([ruleOf({ ...level, holdS: 10 })]);
    const changes = run(engine, 0, 40, (s) => queue(s < 5 || s >= 20 ? 9 : 0));
    expect(told(changes)).toEqual(['opened 1 at 30']);
  });

  it('does not raise the same again while it cools down', () => {
    const engine = new RuleEngine([ruleOf({ ...level, cooldownS: 60 })]);
    const changes = run(engine, 0, 100, (s) => queue(s === 10 || s >= 20 ? 9 : 0));
    expect(told(changes)).toEqual(['opened 1 at 10', 'closed 1 at 11', 'opened 2 at 71']);
  });

  it('raises one alert where two rules have one key', () => {
    const a = ruleOf({ ...level, id: 'a', dedupeKey: 'jam', cooldownS: 0 });
    const b = ruleOf({ ...level, id: 'b', dedupeKey: 'jam', above: 3, cooldownS: 0 });
    const engine = new RuleEngine([a, b]);
    const changes = run(engine, 0, 40, (s) => queue(s < 10 ? 9 : s < 20 ? 4 : 0));
    expect(changes.map(({ rule, state }) => `${rule} ${state}`)).toEqual([
      'a opened',
      'a closed',
      'b opened',
      'b closed',
    ]);
  });

  it('neither opens nor closes while too little was observed', () => {
    const engine = new RuleEngine([ruleOf({ ...level, windowS: 10, coverageMin: 0.5 })]);
    const blind = run(engine, 0, 60, () => ({ observedS: 0.1, ...queue(9) }));
    expect(blind).toEqual([]);
    expect(run(engine, 60, 70, () => queue(9))).toHaveLength(1);
    expect(run(engine, 70, 200, () => ({ observedS: 0 }))).toEqual([]);
    expect(told(run(engine, 200, 220, () => queue(0)))).toEqual(['closed 1 at 204']);
  });

  it('is not put out by a time that goes back', () => {
    const engine = new RuleEngine([ruleOf(level)]);
    engine.observe(look(10, queue(9)));
    expect(engine.observe(look(5, queue(9)))).toEqual([]);
    expect(engine.state().atMs).toBe(START_MS + 10_000);
  });
});

describe('hours', () => {
  // From 12:01 to 12:02 UTC on Mondays.
  const schedule = [{ days: ['mon'], from: '12:01', to: '12:02' }];
  const rule = { kind: 'incident', schedule, cooldownS: 0 };

  it('closes when they are over and begins with what is the case', () => {
    const engine = new RuleEngine([ruleOf(rule)]);
    const changes = run(engine, 0, 200, (s) => ({
      events: s === 10 ? [incident('stopped_vehicle', 'opened')] : [],
    }));
    expect(told(changes)).toEqual(['opened 1 at 60', 'closed 1 at 120']);
    expect(changes[1]?.message).toBe('The hours it is watched for are over. It was open for 1 min.');
  });

  it('does not count what came before them', () => {
    const counting = { kind: 'threshold', metric: 'crossings', above: 0, coverageMin: null, schedule };
    const engine = new RuleEngine([ruleOf(counting)]);
    expect(run(engine, 0, 60, () => ({ events: [crossing()] }))).toEqual([]);
    expect(run(engine, 60, 80)).toEqual([]);
    expect(told(run(engine, 80, 85, () => ({ events: [crossing()] })))).toEqual(['opened 1 at 80']);
  });
});

describe('a change of rules', () => {
  const rule = { kind: 'incident', severity: 'critical' };
  const opened = (settings = ruleOf(rule)) => {
    const engine = new RuleEngine([settings]);
    engine.observe(look(0, { events: [incident('stopped_vehicle', 'opened')] }));
    return copy(engine.state());
  };

  it.each([
    ['removed', []],
    ['switched off', [ruleOf({ ...rule, enabled: false })]],
    ['changed', [ruleOf({ kind: 'health' })]],
  ])('closes what a rule that was %s had open', (what, rules) => {
    const engine = new RuleEngine(rules, opened());
    const changes = engine.observe(look(5));
    expect(told(changes)).toEqual(['closed 1 at 5']);
    expect(changes[0]).toMatchObject({
      rule: 'r',
      severity: 'critical',
      message: `The rule was ${what} while it was open. It was open for 5 s.`,
    });
    expect(engine.observe(look(6))).toEqual([]);
  });

  it('still closes it when it is rebuilt once more before the next look', () => {
    const state = copy(new RuleEngine([], opened()).state());
    expect(told(new RuleEngine([], state).observe(look(5)))).toEqual(['closed 1 at 5']);
    expect(told(new RuleEngine([ruleOf(rule)], state).observe(look(5))).slice(0, 1)).toEqual(['closed 1 at 5']);
  });

  it('goes on counting when the rule comes back', () => {
    const engine = new RuleEngine([], opened());
    engine.observe(look(5));
    const again = new RuleEngine([ruleOf(rule)], copy(engine.state()));
    expect(told(again.observe(look(6)))).toEqual(['opened 2 at 6']);
    expect(again.openings()).toEqual({ r: 2 });
  });

  it('keeps an alert open when only its threshold is another', () => {
    const counting = { kind: 'threshold', metric: 'crossings', coverageMin: null };
    const engine = new RuleEngine([ruleOf({ ...counting, above: 2 })]);
    expect(run(engine, 0, 10, () => ({ events: [crossing()] }))).toHaveLength(1);
    const stricter = new RuleEngine([ruleOf({ ...counting, above: 5 })], copy(engine.state()));
    expect(run(stricter, 10, 40)).toEqual([]);
    const lax = new RuleEngine([ruleOf({ ...counting, above: 50 })], copy(engine.state()));
    expect(told(run(lax, 10, 40))).toEqual(['closed 1 at 15']);
  });
});

describe('what an outbox knows and a checkpoint does not', () => {
  const rule = ruleOf({ kind: 'incident', clearAfterS: 0, cooldownS: 0 });
  const stopped = (number: number, state: 'opened' | 'closed') => ({
    events: [incident('stopped_vehicle', state, number)],
  });

  it('is never numbered the same again', () => {
    const engine = new RuleEngine([rule]);
    engine.atLeast({ r: 41, other: 7 });
    expect(told(engine.observe(look(0, stopped(1, 'opened'))))).toEqual(['opened 42 at 0']);
    expect(engine.openings()).toEqual({ r: 42, other: 7 });
  });

  it('is closed when it is over', () => {
    const lost = new RuleEngine([rule]);
    const checkpoint = copy(lost.state());
    const known = lost.observe(look(0, stopped(1, 'opened')));
    const engine = new RuleEngine([rule], checkpoint);
    engine.adopt(known);
    expect(told(engine.observe(look(1)))).toEqual(['closed 1 at 1']);
  });

  it('is not closed twice', () => {
    const lost = new RuleEngine([rule]);
    lost.observe(look(0, stopped(1, 'opened')));
    const checkpoint = copy(lost.state());
    const known = lost.observe(look(1, stopped(1, 'closed')));
    expect(told(known)).toEqual(['closed 1 at 1']);
    const engine = new RuleEngine([rule], checkpoint);
    engine.adopt(known);
    engine.keepIncidents([]);
    expect(engine.observe(look(2))).toEqual([]);
  });
});
