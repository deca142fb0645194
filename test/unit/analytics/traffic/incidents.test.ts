import { describe, expect, it } from 'vitest';
import { TrafficAnalyser } from '../../../../analytics/traffic/traffic-analyser.ts';
import type { CameraSettingsInput } from '../../../../config/camera-settings/schema.ts';
import { type Actor, Stage, settingsOf, type Way } from './stage.ts';

const ROAD: [number, number][] = [
  [0.1, 0.1],
  [0.9, 0.1],
  [0.9, 0.95],
  [0.1, 0.95],
];
const GROUND = {
  image: [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ] as [number, number][],
  metres: [
    [0, 0],
    [64, 0],
    [64, 36],
    [0, 36],
  ] as [number, number][],
};
const road = (more: Partial<CameraSettingsInput> = {}, zone: object = {}): Stage =>
  new Stage({ zones: [{ id: 'road', kind: 'road', polygon: ROAD, ...zone }], ...more });
const stands = (id: number, x: number, y: number, more: Partial<Actor> = {}): Actor => ({
  id,
  way: () => [x, y],
  ...more,
});

describe('a stopped vehicle', () => {
  it('is an incident after the time set, once, and is over when it drives on', () => {
    const s = road();
    const way: Way = (t) => [0.5, t < 30 ? 0.5 : Math.min(0.9, 0.5 + 0.1 * (t - 30))];
    s.play([{ id: 1, way }], 0, 9, 5);
    expect(s.incidents('stopped_vehicle')).toEqual([]);
    s.play([{ id: 1, way }], 9, 34, 5);
    expect(s.incidents('stopped_vehicle')).toEqual(['opened', 'closed']);
    const [opened, closed] = s.of('incident');
    expect(opened).toMatchObject({ number: 1, zone: 'road', track: 1, label: 'car' });
    expect(closed?.number).toBe(1);
  });

  it('never is one in a zone of kind parking, nor is a person', () => {
    const s = new Stage({
      zones: [
        { id: 'road', kind: 'road', polygon: ROAD },
        {
          id: 'p',
          kind: 'parking',
          polygon: [
            [0.1, 0.4],
            [0.4, 0.4],
            [0.4, 0.8],
            [0.1, 0.8],
          ],
        },
      ],
      traffic: { incidents: { pedestrianOnRoad: null } },
    });
    s.play([stands(1, 0.2, 0.6), stands(2, 0.6, 0.6, { label: 'person' })], 0, 40, 4);
    expect(s.of('incident')).toEqual([]);
  });

  it('is none in a queue, but whoever stays when it has gone is', () => {
    const s = road();
    const leaves: Way = (t) => [0.5, t < 30 ? 0.5 : 0.5 + 0.1 * (t - 30)];
    const others: Actor[] = [0.3, 0.5, 0.7].map((x, i) => ({
      id: i + 2,
      way: (t) => [x, leaves(t)?.[1] ?? 0],
      untilS: 34,
    }));
    s.play([stands(1, 0.2, 0.8), ...others], 0, 35, 4);
    expect(s.incidents('stopped_vehicle')).toEqual([]);
    s.play([stands(1, 0.2, 0.8)], 35, 55, 4);
    expect(s.incidents('stopped_vehicle')).toEqual(['opened']);
  });

  it('stays the same incident when its track changes at the same place, even after a while unseen', () => {
    const s = road();
    s.play([stands(1, 0.5, 0.5, { untilS: 20 }), stands(7, 0.502, 0.5, { fromS: 26 })], 0, 60, 4);
    expect(s.incidents('stopped_vehicle')).toEqual(['opened']);
    s.play([], 60, 80, 4);
    expect(s.incidents('stopped_vehicle')).toEqual(['opened', 'closed']);
    expect(s.of('incident').map((e) => e.track)).toEqual([1, 1]);
  });

  it('goes on while the gate finds that nothing moves', () => {
    const s = road();
    s.play([stands(1, 0.5, 0.5)], 0, 3, 5).still(3, 20, 1);
    expect(s.incidents('stopped_vehicle')).toEqual(['opened']);
  });
});

describe('wrong way', () => {
  const zone = { heading: { from: [0.5, 0.1], to: [0.5, 0.9] } };
  it('is a vehicle against the heading, not one that goes with it or backs up a little', () => {
    const s = road({}, zone);
    const backs: Way = (t) => [0.3, 0.5 - 0.03 * Math.min(1, t)];
    s.play(
      [
        { id: 1, way: (t) => [0.5, 0.9 - 0.1 * t], untilS: 7 },
        { id: 2, way: (t) => [0.7, 0.2 + 0.1 * t], untilS: 7 },
        { id: 3, way: backs },
      ],
      0,
      7,
      10,
    );
    s.play([], 7, 12, 10);
    expect(s.of('incident').map((e) => [e.incident, e.state, e.track])).toEqual([
      ['wrong_way', 'opened', 1],
      ['wrong_way', 'closed', 1],
    ]);
  });
});

describe('a pedestrian on the road', () => {
  it('is one incident for a group, not for riders or people on the crossing', () => {
    const s = new Stage({
      zones: [
        { id: 'road', kind: 'road', polygon: ROAD },
        {
          id: 'zebra',
          kind: 'crossing',
          polygon: [
            [0.1, 0.1],
            [0.9, 0.1],
            [0.9, 0.3],
            [0.1, 0.3],
          ],
        },
      ],
    });
    const person = { label: 'person', size: [0.03, 0.12] as const };
    const rider = (t: number): [number, number] => [0.3, 0.4 + 0.05 * t];
    s.play(
      [
        { id: 1, ...person, way: (t) => [0.2 + 0.05 * t, 0.2] },
        { id: 2, ...person, way: (t) => [rider(t)[0], rider(t)[1] - 0.02] },
        { id: 3, label: 'bicycle', size: [0.04, 0.08], way: rider },
      ],
      0,
      5,
      10,
    );
    expect(s.of('incident')).toEqual([]);
    const group: Actor[] = [4, 5].map((id) => ({
      id,
      ...person,
      way: (t) => [0.3 + 0.03 * (t - 5) + 0.1 * (id - 4), 0.6],
      fromS: 5,
      untilS: 10,
    }));
    s.play(group, 5, 14, 10);
    expect(s.incidents('pedestrian_on_road')).toEqual(['opened', 'closed']);
  });
});

describe('slowing traffic', () => {
  const braking =
    (x: number, y0: number): Way =>
    (t) => {
      const fast = Math.min(t, 3);
      const slow = Math.max(0, t - 3);
      // 40 km/h to 7 km/h.
      return [x + 0.17 * fast + 0.03 * slow, y0];
    };
  it('that halves its speed at once is a sudden slow-down; one that turns off is none', () => {
    const s = road({ ground: GROUND });
    s.play(
      [
        { id: 1, way: braking(0.11, 0.4) },
        { id: 2, way: braking(0.14, 0.6) },
        { id: 3, way: braking(0.12, 0.8) },
      ],
      0,
      9,
      10,
    );
    expect(s.incidents('sudden_slowdown')[0]).toBe('opened');
    const one = road({ ground: GROUND });
    one.play(
      [
        { id: 1, way: braking(0.11, 0.4) },
        { id: 2, way: (t) => [0.11 + 0.1 * t, 0.6] },
      ],
      0,
      7,
      10,
    );
    expect(one.incidents('sudden_slowdown')).toEqual([]);
  });

  it('that stands for long is congestion, with its level as a measure, until it flows', () => {
    const s = road({ ground: GROUND });
    const cars = [0.2, 0.4, 0.6, 0.8].map(
      (x, i): Actor => ({ id: i + 1, way: (t) => [x, t < 60 ? 0.5 : 0.5 + 0.15 * (t - 60)], untilS: 63 }),
    );
    s.play(cars, 0, 59, 5);
    expect(s.incidents('congestion')).toEqual(['opened']);
    expect(s.analyser.gauges().find((g) => g.metric === 'congestion')?.value).toBe(3);
    s.play(cars, 59, 100, 5);
    expect(s.incidents('congestion')).toEqual(['opened', 'closed']);
    expect(s.incidents('stopped_vehicle')).toEqual([]);
  });
});

describe('the state of the analyser', () => {
  const input: CameraSettingsInput = {
    zones: [{ id: 'road', kind: 'road', polygon: ROAD, heading: { from: [0.5, 0.9], to: [0.5, 0.1] } }],
    lines: [{ id: 'a', from: [0.1, 0.5], to: [0.9, 0.5] }],
    ground: GROUND,
  };
  const actors: Actor[] = [
    { id: 1, way: (t) => [0.2, 0.2 + 0.06 * t], untilS: 12 },
    { id: 2, way: (t) => [0.5, Math.min(0.497, 0.1 + 0.05 * t)] },
    { id: 3, way: (t) => [0.8, 0.9 - 0.05 * t], untilS: 14 },
    { id: 4, label: 'person', way: (t) => [0.1 + 0.03 * t, 0.7], size: [0.03, 0.1] },
  ];

  it.each([0.4, 3.1, 6.7, 11.2])('given to another after %f s makes that go on exactly alike, through JSON', (atS) => {
    const one = new Stage(input).play(actors, 0, 25, 7);
    const two = new Stage(input);
    let moved = false;
    for (let i = 0; i / 7 < 25 - 1e-9; i += 1) {
      if (!moved && i / 7 >= atS) {
        moved = true;
        two.analyser = new TrafficAnalyser(two.settings, JSON.parse(JSON.stringify(two.analyser.state())));
      }
      two.frame(actors, i / 7);
    }
    expect(two.events).toEqual(one.events);
    expect(two.analyser.takeMeasures()).toEqual(one.analyser.takeMeasures());
    expect(two.analyser.state()).toEqual(one.analyser.state());
  });

  it('loses what the settings name no more, and ends the incidents there', () => {
    const s = new Stage(input).play(actors, 0, 25, 5);
    expect(s.incidents('stopped_vehicle')).toEqual(['opened']);
    s.analyser = new TrafficAnalyser(settingsOf({ lines: [] }), s.analyser.state());
    s.play([], 25, 25.5, 5);
    expect(s.incidents('stopped_vehicle')).toEqual(['opened', 'closed']);
    expect(s.analyser.state().zones).toEqual({});
  });

  it('is small again when everybody has gone', () => {
    const s = new Stage(input);
    for (let i = 0; i < 100; i += 1)
      s.play([{ id: i + 1, way: (t) => [0.5, 0.2 + 0.3 * (t - i)], fromS: i, untilS: i + 1 }], i, i + 1, 5);
    s.play([], 100, 106, 5);
    expect(s.analyser.state().objects).toEqual([]);
  });
});
