import { expect, it } from 'vitest';
import { RuleEngine } from '../../../../../analytics/rules/rule-engine.ts';
import { alertScene } from '../../../../../src/alerts/snapshots/alert-scene.ts';
import { crossing, incident, look, ruleOf } from '../../../analytics/rules/looks.ts';

const nothing = { lines: [], zones: [] };

it('marks the vehicle and the zone of an incident', () => {
  const engine = new RuleEngine([ruleOf({ kind: 'incident', severity: 'critical' })]);
  const [change] = engine.observe(look(0, { events: [incident('stopped_vehicle', 'opened', 5)] }));
  if (change === undefined) throw new Error('no alert');
  const tracks = [{ id: 5, label: 'car', box: [0, 0, 1, 1] as const }];
  expect(alertScene('north-1', change, nothing, tracks)).toMatchObject({
    camera: 'north-1',
    severity: 'critical',
    title: 'Stopped vehicle in zone lane',
    tracks: [{ id: 5, observed: true }],
    marked: { track: 5, zone: 'lane' },
  });
});

it('marks the line that a figure is about', () => {
  const rule = ruleOf({ kind: 'threshold', metric: 'crossings', subject: 'north', above: 0, coverageMin: null });
  const [change] = new RuleEngine([rule]).observe(look(0, { events: [crossing()] }));
  if (change === undefined) throw new Error('no alert');
  expect(alertScene('north-1', change, nothing, []).marked).toMatchObject({ track: null, line: 'north' });
});
