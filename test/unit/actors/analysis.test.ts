import { describe, expect, it } from 'vitest';
import type { AnalysisServices, CameraPlan, Look } from '../../../actors/camera-analysis.ts';
import type { CameraAnalyticsState, Findings } from '../../../analytics/camera-analytics.ts';
import { type CameraSettingsInput, cameraSettingsSchema } from '../../../config/camera-settings/schema.ts';
import type { CameraId } from '../../../core/ids.ts';
import { startHarness } from './harness.ts';

const plan = (settings: CameraSettingsInput, own = true): CameraPlan => ({
  settings: cameraSettingsSchema.parse(settings),
  taxonomy: undefined,
  own,
});

/** Analytics as a node has it, with a memory for a disk. */
function analytics(first: CameraPlan) {
  const kept = new Map<CameraId, CameraAnalyticsState>();
  const found: { readonly camera: string; readonly findings: Findings; readonly look: Look | undefined }[] = [];
  let now = first;
  const services: AnalysisServices = {
    planOf: () => now,
    states: {
      load: (camera) => kept.get(camera),
      save: (camera, _shard, state) => kept.set(camera, JSON.parse(JSON.stringify(state))),
      drop: (camera) => kept.delete(camera),
    },
    openings: () => new Map(),
    raisedBefore: () => [],
    onFindings: ({ camera }, _epoch, findings, look) => found.push({ camera, findings, look }),
    checkpointMs: 5_000,
  };
  return { services, kept, found, set: (next: CameraPlan) => (now = next) };
}

const everything = { detector: { labels: ['*'] }, tracker: { highScore: 0.1, hitsMin: 1 } };

describe('a camera with analytics', () => {
  it('is told with each result which objects its detections belong to', async () => {
    const { services } = analytics(plan(everything));
    const h = startHarness({}, undefined, services);
    const source = await h.connect('cam');
    for (let seq = 1; seq <= 5; seq++) {
      h.push('cam', seq, source);
      await h.clock.advanceAsync(100, 5);
    }
    expect(source.outcomes).toEqual(['1:inferred', '2:inferred', '3:inferred', '4:inferred', '5:inferred']);
    const last = source.answers.at(-1);
    expect(last?.findings?.byDetection.length).toBeGreaterThan(0);
    expect(last?.findings?.tracks.length).toBeGreaterThan(0);
  });

  it('says each interval what it observed, shed frames included', async () => {
    const { services, found } = analytics(plan({ ...everything, intervalS: 10 }));
    const h = startHarness({}, undefined, services);
    const source = await h.connect('cam');
    // Six at a time: two run, and of those that wait each takes the place of the one before.
    for (let seq = 1; seq <= 720; seq++) {
      h.push('cam', seq, source);
      if (seq % 6 === 0) await h.clock.advanceAsync(100, 10);
    }
    await h.clock.advanceAsync(5_000, 100);
    const intervals = found.flatMap(({ findings }) => findings.intervals);
    const sum = (of: 'analysed' | 'shed') => intervals.reduce((n, { coverage }) => n + coverage[of], 0);
    const ledger = h.record('cam').ledger.snapshot();
    expect(intervals.length).toBeGreaterThan(0);
    expect(sum('analysed')).toBeLessThanOrEqual(ledger.inferred);
    expect(sum('shed')).toBeGreaterThan(0);
  });

  it('is missed when it does not come, keeps its actor until then, and remembers that it was told', async () => {
    const rules = [{ id: 'gone', kind: 'health' as const, conditions: ['offline' as const] }];
    const { services, found, kept } = analytics(plan({ health: { offlineAfterS: 90, badAfterS: 0 }, rules }));
    const h = startHarness({ actors: { cameraIdleMs: 20_000 } }, undefined, services);
    h.region.tell({ kind: 'settings', camera: 'cam' as CameraId, record: h.record('cam') });
    await h.clock.advanceAsync(80_000, 500);
    expect(found).toEqual([]);
    await h.clock.advanceAsync(60_000, 500);
    const alerts = () => found.flatMap(({ findings }) => findings.alerts.map(({ rule, state }) => `${rule} ${state}`));
    expect(alerts()).toEqual(['gone opened']);
    expect(h.book.get('cam' as CameraId)).toBeUndefined();
    expect(kept.size).toBe(1);

    const source = await h.connect('cam');
    for (let seq = 1; seq <= 100; seq++) {
      h.push('cam', seq, source);
      await h.clock.advanceAsync(100, 10);
    }
    expect(alerts()).toEqual(['gone opened', 'gone closed']);
  });

  it('goes by new settings at once: priority, rates and what is measured', async () => {
    const { services, set } = analytics(plan({ ...everything, priority: 'low', fps: { min: 1, max: 3 } }));
    const h = startHarness({}, undefined, services);
    const source = await h.connect('cam');
    expect([h.record('cam').flow.priority, h.record('cam').flow.targetFps]).toEqual(['low', 3]);
    set(plan({ ...everything, priority: 'critical', fps: { min: 1, max: 8 } }));
    h.region.tell({ kind: 'settings', camera: 'cam' as CameraId, record: h.record('cam') });
    await h.clock.advanceAsync(2_000, 50);
    h.push('cam', 1, source);
    await h.clock.advanceAsync(500, 50);
    expect([h.record('cam').flow.priority, h.record('cam').flow.targetFps]).toEqual(['critical', 8]);
    expect(source.credits.at(-1)?.target.fps).toBe(8);
  });

  it('goes on with the numbers it had after its actor was stopped for idleness', async () => {
    const { services } = analytics(plan(everything, false));
    const h = startHarness({ actors: { cameraIdleMs: 5_000 } }, undefined, services);
    const run = async (): Promise<number> => {
      const source = await h.connect('cam');
      for (let seq = 1; seq <= 3; seq++) {
        h.push('cam', seq, source);
        await h.clock.advanceAsync(100, 10);
      }
      const ids = source.answers.flatMap(({ findings }) => findings?.tracks.map(({ id }) => id) ?? []);
      await h.disconnect('cam', source);
      await h.clock.advanceAsync(20_000, 500);
      expect(h.book.get('cam' as CameraId)).toBeUndefined();
      return Math.max(...ids);
    };
    const first = await run();
    expect(await run()).toBeGreaterThan(first);
  });

  it('keeps its actor while an alert is still due without a frame', async () => {
    const rules = [{ id: 'gone', kind: 'health' as const, conditions: ['offline' as const], holdS: 300 }];
    const { services, found } = analytics(plan({ health: { offlineAfterS: 30 }, rules }));
    const h = startHarness({ actors: { cameraIdleMs: 20_000 } }, undefined, services);
    h.region.tell({ kind: 'settings', camera: 'cam' as CameraId, record: h.record('cam') });
    await h.clock.advanceAsync(400_000, 1_000);
    expect(found.flatMap(({ findings }) => findings.alerts.map(({ state }) => state))).toEqual(['opened']);
    expect(h.book.get('cam' as CameraId)).toBeUndefined();
  });

  it('goes on with alerts that are known to be open after a bug cost it what it remembered', async () => {
    const rules = [{ id: 'gone', kind: 'health' as const, conditions: ['offline' as const] }];
    const { services, found } = analytics(plan({ health: { offlineAfterS: 30, badAfterS: 0 }, rules }));
    const changes = () => found.flatMap(({ findings }) => findings.alerts);
    const last = () => [...new Map(changes().map((change) => [change.opening, change])).values()];
    const openings = () => new Map(changes().map(({ rule, opening }) => [rule, opening]));
    const h = startHarness({}, undefined, { ...services, raisedBefore: last, openings });
    const source = await h.connect('cam');
    await h.clock.advanceAsync(40_000, 1_000);
    expect(changes().map(({ state }) => state)).toEqual(['opened']);
    h.breakNextResult();
    h.push('cam', 1, source);
    await h.clock.advanceAsync(1_000, 50);
    expect(h.failures).toHaveLength(1);
    for (let seq = 2; seq <= 100; seq++) {
      h.push('cam', seq, source);
      await h.clock.advanceAsync(100, 10);
    }
    expect(changes().map(({ state, opening }) => `${state} ${opening}`)).toEqual(['opened 1', 'closed 1']);
  });

  it('begins anew where what it remembers is of a clock that was far ahead', async () => {
    const { services, kept, found } = analytics(plan({ ...everything, intervalS: 10 }));
    const h = startHarness({}, undefined, services);
    const source = await h.connect('cam');
    h.push('cam', 1, source);
    await h.clock.advanceAsync(6_000, 50);
    const state = kept.get('cam' as CameraId);
    if (state === undefined) throw new Error('nothing was saved');
    const ahead = { ...state, atMs: state.atMs + 365 * 86_400_000 };
    const again = startHarness({}, undefined, {
      ...services,
      states: { ...services.states, load: () => ahead },
    });
    const back = await again.connect('cam');
    for (let seq = 1; seq <= 150; seq++) {
      again.push('cam', seq, back);
      await again.clock.advanceAsync(100, 10);
    }
    expect(found.flatMap(({ findings }) => findings.intervals).length).toBeGreaterThan(0);
  });

  it('forgets what led to a bug', async () => {
    const { services, kept } = analytics(plan(everything));
    const broken: AnalysisServices = {
      ...services,
      onFindings: (...args) => {
        services.onFindings(...args);
      },
    };
    const h = startHarness({}, undefined, broken);
    const source = await h.connect('cam');
    h.push('cam', 1, source);
    await h.clock.advanceAsync(6_000, 50);
    expect(kept.size).toBe(1);
    h.breakNextResult();
    h.push('cam', 2, source);
    await h.clock.advanceAsync(100, 5);
    expect(h.failures).toHaveLength(1);
    expect(kept.size).toBe(0);
  });
});
