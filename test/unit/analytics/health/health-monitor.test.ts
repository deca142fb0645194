import { describe, expect, it } from 'vitest';
import { HealthMonitor } from '../../../../analytics/health/health-monitor.ts';
import { cameraSettingsSchema } from '../../../../config/camera-settings/schema.ts';
import type { CameraEvent } from '../../../../core/camera-event.ts';
import type { PictureStats } from '../../../../core/picture-stats.ts';
import { createRandom, gaussian } from '../../../../core/random.ts';

const settings = cameraSettingsSchema.parse({}).health;
const COLUMNS = 32;
const ROWS = 18;

/** A scene with fixed edges, seen by a sensor with noise. Another `view` is another place. */
function scene(view = 1) {
  const place = createRandom(view);
  const strengths = Array.from({ length: COLUMNS * ROWS }, () => (place() < 0.3 ? 40 + place() * 180 : place() * 15));
  const random = createRandom(99);
  return (over: Partial<PictureStats> = {}): PictureStats => ({
    mean: 110,
    deviation: 60,
    darkShare: 0,
    brightShare: 0.02,
    colour: 25,
    sharpness: 3_000 * (1 + 0.05 * gaussian(random)),
    edges: Uint8Array.from(strengths, (s) => Math.max(0, Math.min(255, s + 6 * gaussian(random)))),
    columns: COLUMNS,
    rows: ROWS,
    fingerprint: Math.floor(random() * 2 ** 32),
    ...over,
  });
}

/** A camera at 5 fps; remembers what was told. */
function camera(monitor = new HealthMonitor(settings)) {
  let atMs = 0;
  const events: string[] = [];
  const emit = (event: CameraEvent): void => {
    const what =
      event.kind === 'health' ? `${event.condition} ${event.state}` : event.kind === 'daylight' ? event.light : '';
    events.push(`${atMs / 1_000} ${what}`);
  };
  return {
    events,
    monitor,
    sees(seconds: number, picture: () => PictureStats) {
      for (let i = 0; i < seconds * 5; i++, atMs += 200) monitor.observe(picture(), atMs, emit);
      return this;
    },
    silent(seconds: number) {
      for (let i = 0; i < seconds; i++, atMs += 1_000) monitor.silent(atMs, emit);
      return this;
    },
    get unfit() {
      return monitor.unfit;
    },
  };
}
const good = scene();
/** Nothing before the lens but what covers it. */
const bare = new Uint8Array(COLUMNS * ROWS);
const warm = () => camera().sees(60, good);

describe('the health of a camera', () => {
  it('says nothing of a camera that sees well', () => {
    expect(warm().sees(600, good).events).toEqual([]);
  });

  it.each([
    ['black', () => good({ mean: 3, deviation: 2, sharpness: 1 })],
    ['washed_out', () => good({ mean: 235, deviation: 30, brightShare: 0.8 })],
    ['covered', () => good({ mean: 90, deviation: 4, sharpness: 2, edges: bare })],
    // A hand is lit from one side.
    ['covered', () => good({ mean: 40, deviation: 21, sharpness: 2, colour: 30, edges: bare })],
    ['blurred', () => good({ deviation: 50, sharpness: 200 })],
    ['moved', scene(2)],
  ] as const)('tells that it is %s once that has lasted, and that it is over', (condition, bad) => {
    const c = warm().sees(4.8, bad).sees(30, good);
    expect(c.events).toEqual([]);
    c.sees(8, bad);
    expect(c.events).toEqual([`99.8 ${condition} opened`]);
    expect(c.unfit).toBe(true);
    c.sees(8, good);
    expect(c.events.at(-1)).toBe(`107.8 ${condition} closed`);
    expect(c.unfit).toBe(false);
  });

  it('knows a frozen camera by the very same picture', () => {
    const c = warm();
    const still = good();
    c.sees(9.8, () => still);
    expect(c.events).toEqual([]);
    c.sees(2, () => still);
    expect(c.events).toEqual(['70 frozen opened']);
  });

  it('does not take dusk for a fault: less light, less contrast, as sharp as before for that', () => {
    const c = warm();
    for (let dim = 1; dim > 0.3; dim -= 0.02) {
      c.sees(5, () => good({ mean: 110 * dim, deviation: 60 * dim, sharpness: 3_000 * dim * dim, colour: 25 * dim }));
    }
    expect(c.events.map((text) => text.split(' ')[1])).toEqual(['night']);
  });

  it('does not take bare asphalt for a covered lens', () => {
    const plain = () => good({ deviation: 8, sharpness: 40 });
    expect(camera().sees(60, plain).events).toEqual([]);
    expect(camera().sees(6, () => good({ deviation: 4, sharpness: 3 })).events).toEqual(['5 covered opened']);
    // Once it is known that there is nothing more to see, its absence says nothing.
    const known = camera().sees(60, () => good({ deviation: 14, sharpness: 100 }));
    expect(known.sees(60, () => good({ deviation: 9, sharpness: 40 })).events).toEqual([]);
  });

  it('does not take a lorry that stands before half of the scene for another view', () => {
    const hidden = () => {
      const picture = good({ sharpness: 2_500 });
      return { ...picture, edges: picture.edges.map((edge, i) => (i % COLUMNS < COLUMNS / 2 ? 90 : edge)) };
    };
    expect(warm().sees(40, hidden).events).toEqual([]);
  });

  it('says blurred of a view that is out of focus, and moved of another one that is', () => {
    expect(warm().sees(10, () => good({ sharpness: 600 })).events).toEqual(['65 blurred opened']);
    const elsewhere = scene(2);
    expect(warm().sees(10, () => elsewhere({ sharpness: 600 })).events).toEqual(['65 moved opened']);
  });

  it('still tells of a covered lens when night falls, and of its end in the morning', () => {
    const hand = (mean: number) => () => good({ mean, deviation: 4, sharpness: 2, colour: 1, edges: bare });
    const c = warm().sees(30, hand(60)).sees(60, hand(30)).sees(60, hand(70));
    expect(c.events).toEqual(['65 covered opened']);
    expect(c.sees(10, good).events.at(-1)).toBe('215 covered closed');
  });

  it('does not flap on a threshold', () => {
    const c = warm();
    for (let i = 0; i < 10; i++) {
      c.sees(6, () => good({ sharpness: 1_000 })).sees(6, () => good({ sharpness: 1_150 }));
    }
    expect(c.events).toEqual(['65 blurred opened']);
  });

  it('tells of a fault in time that looks now like one, now like another', () => {
    const elsewhere = scene(2);
    const c = warm();
    for (let i = 0; i < 6; i++) c.sees(0.8, elsewhere).sees(0.8, () => elsewhere({ deviation: 5 }));
    expect(c.events).toEqual(['65 moved opened']);
  });

  it('calls it night when infrared light takes the colour away, and learns what that looks like', () => {
    const infrared = scene(3);
    const elsewhere = scene(4);
    const grey = () => infrared({ colour: 1, mean: 90 });
    const c = warm().sees(60, grey).sees(30, good);
    expect(c.events.map((text) => text.split(' ')[1])).toEqual(['night', 'day']);
    // It is held against the night's own view from then on.
    c.sees(30, grey).sees(30, () => elsewhere({ colour: 1, mean: 90 }));
    expect(c.events.slice(2).map((text) => text.split(' ').slice(1).join(' '))).toEqual(['night', 'moved opened']);
  });

  it('does not call it night where there is no colour by day either', () => {
    const asphalt = () => good({ colour: 2 });
    expect(
      camera()
        .sees(300, asphalt)
        .sees(60, () => good({ colour: 12 }))
        .sees(60, asphalt).events,
    ).toEqual([]);
  });

  it('says nothing of frozen where black is always the same black', () => {
    const black = good({ mean: 0, deviation: 0, sharpness: 0, edges: bare });
    expect(warm().sees(30, () => black).events).toEqual(['65 black opened']);
  });

  it('takes the new view as the usual one ten minutes after the camera was moved', () => {
    const c = warm().sees(620, scene(2));
    expect(c.events).toEqual(['65 moved opened', '665 moved closed']);
    expect(c.sees(60, scene(2)).events).toHaveLength(2);
  });

  it('tells that a camera is offline, and is back once it stays', () => {
    const c = warm().silent(40);
    expect(c.events).toEqual(['90 offline opened']);
    expect(c.unfit).toBe(false);
    // One frame and gone again is not back.
    c.sees(0.2, good).silent(40).sees(4, good);
    expect(c.events).toHaveLength(1);
    c.sees(4, good);
    expect(c.events.at(-1)?.split(' ').slice(1).join(' ')).toBe('offline closed');
  });

  it('waits for a camera that has never come', () => {
    const c = camera();
    expect(c.monitor.waitsForOffline).toBe(true);
    expect(c.silent(40).events).toEqual(['30 offline opened']);
    expect(c.monitor.waitsForOffline).toBe(false);
  });

  it('judges nothing where that is switched off', () => {
    const off = camera(new HealthMonitor({ ...settings, enabled: false }));
    expect(off.sees(60, () => good({ mean: 1, deviation: 0 })).silent(100).events).toEqual([]);
  });

  it('goes on the same from its state', () => {
    const whole = warm().sees(3, scene(2));
    const half = camera(new HealthMonitor(settings, JSON.parse(JSON.stringify(whole.monitor.state()))));
    expect(half.monitor.state()).toEqual(whole.monitor.state());
  });
});
