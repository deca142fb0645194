import { describe, expect, it } from 'vitest';
import { CameraAnalytics, type CameraAnalyticsState, type Findings } from '../../../analytics/camera-analytics.ts';
import { type CameraSettingsInput, cameraSettingsSchema } from '../../../config/camera-settings/schema.ts';
import type { PictureStats } from '../../../core/picture-stats.ts';

const START_MS = Date.UTC(2026, 2, 2, 12);
const parse = (settings: CameraSettingsInput) => cameraSettingsSchema.parse(settings);
const make = (settings: CameraSettingsInput, state?: CameraAnalyticsState) =>
  new CameraAnalytics(parse(settings), undefined, state);
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const picture = (mean: number, fingerprint: number): PictureStats => ({
  mean,
  deviation: mean < 10 ? 1 : 40,
  darkShare: 0,
  brightShare: 0,
  colour: 30,
  sharpness: 400,
  edges: new Uint8Array(12 * 8),
  columns: 12,
  rows: 8,
  fingerprint,
});
const empty = (analytics: CameraAnalytics, atMs: number, stats?: PictureStats): Findings =>
  analytics.analysed({ atMs, detections: [], width: 640, height: 360, picture: stats });
const said = (all: readonly Findings[]): string[] =>
  all.flatMap(({ alerts }) => alerts.map(({ rule, state, opening }) => `${rule} ${state} ${opening}`));
const health = (all: readonly Findings[]): string[] =>
  all.flatMap(({ events }) => events.flatMap((e) => (e.kind === 'health' ? [`${e.condition} ${e.state}`] : [])));

describe('the analytics of a camera', () => {
  it('gives a frame its own time though a newer one was shed, and a second passed, while it was with the device', () => {
    const analytics = make({});
    empty(analytics, START_MS);
    analytics.unseen('shed', START_MS + 400);
    analytics.tick(START_MS + 450);
    expect(empty(analytics, START_MS + 200).atMs).toBe(START_MS + 200);
  });

  it('misses nothing while the camera cannot see: what it shows then is not observed', () => {
    const line = { id: 'n', from: [0, 0.5] as [number, number], to: [1, 0.5] as [number, number] };
    const rules = [{ id: 'quiet', kind: 'absence' as const, metric: 'crossings' as const, afterS: 60 }];
    const run = (mean: number): string[] => {
      const analytics = make({ lines: [line], rules });
      const all: Findings[] = [];
      for (let at = 0; at < 180_000; at += 500) all.push(empty(analytics, START_MS + at, picture(mean, at)));
      return said(all);
    };
    expect(run(100)).toEqual(['quiet opened 1']);
    expect(run(2)).toEqual([]);
  });

  it('does not call a camera offline for the time the node was away', () => {
    const settings = { health: { offlineAfterS: 30 } };
    const before = make(settings);
    empty(before, START_MS);
    const analytics = make(settings, copy(before.state()));
    analytics.resumed();
    const ticks = (fromS: number, toS: number): Findings[] => {
      const all: Findings[] = [];
      for (let s = fromS; s < toS; s++) all.push(analytics.tick(START_MS + s * 1_000));
      return all;
    };
    expect(health(ticks(600, 629))).toEqual([]);
    expect(health(ticks(629, 632))).toEqual(['offline opened']);
  });

  it('closes faults that are not watched for any more, and trusts the camera again', () => {
    const rules = [{ id: 'sick', kind: 'health' as const }];
    const before = make({ rules });
    const all: Findings[] = [];
    for (let at = 0; at < 10_000; at += 500) all.push(empty(before, START_MS + at, picture(2, at)));
    expect(said(all)).toEqual(['sick opened 1']);
    const analytics = make({ health: { enabled: false }, rules: [] }, copy(before.state()));
    const after = [analytics.tick(START_MS + 13_000)];
    expect(said(after)).toEqual(['sick closed 1']);
    expect(health(after)).toEqual(['black closed']);
    const minute: Findings[] = [];
    for (let at = 60_000; at <= 180_000; at += 500) minute.push(empty(analytics, START_MS + at));
    expect(minute.flatMap(({ intervals }) => intervals).at(-1)?.coverage.valid).toBe(true);
  });

  it('adopts an alert the outbox knows of and a checkpoint does not, and raises it no second time', () => {
    const settings = { health: { offlineAfterS: 30 }, rules: [{ id: 'gone', kind: 'health' as const }] };
    const first = make(settings);
    const opened = [first.tick(START_MS), first.tick(START_MS + 31_000)].flatMap(({ alerts }) => alerts);
    expect(opened.map(({ opening }) => opening)).toEqual([1]);
    // The checkpoint is from before.
    const again = make(settings);
    again.raiseOpenings(new Map([['gone', 1]]));
    again.adopt(opened);
    again.resumed();
    const all: Findings[] = [];
    for (let s = 40; s < 80; s++) all.push(again.tick(START_MS + s * 1_000));
    for (let s = 80; s < 100; s++) all.push(empty(again, START_MS + s * 1_000));
    expect(said(all)).toEqual(['gone closed 1']);
  });

  it('is needed without frames as long as time alone can raise or close an alert', () => {
    const offline = { id: 'gone', kind: 'health' as const, conditions: ['offline' as const] };
    const told = (rules: CameraSettingsInput['rules']): CameraAnalytics => {
      const analytics = make({ health: { offlineAfterS: 30 }, rules });
      for (let s = 0; s < 40; s++) analytics.tick(START_MS + s * 1_000);
      return analytics;
    };
    expect(told([offline]).waits).toBe(false);
    const held = told([{ ...offline, holdS: 600 }]);
    expect(held.waits).toBe(true);
    expect(said([held.tick(START_MS + 700_000)])).toEqual(['gone opened 1']);
    expect(held.waits).toBe(false);
    expect(told([{ ...offline, schedule: [{ from: '18:00', to: '20:00' }] }]).waits).toBe(true);
    expect(told([{ id: 'quiet', kind: 'absence', metric: 'objects', afterS: 600, coverageMin: null }]).waits).toBe(
      true,
    );
  });
});
