import { describe, expect, it } from 'vitest';
import type { WatchedFrameHead } from '../../../core/protocol.ts';
import { addSightings, type Sighting } from '../../../web/src/camera/sightings.ts';
import { foundText } from '../../../web/src/format/found-text.ts';
import { outcomeRows } from '../../../web/src/ledger/ledger-shares.ts';
import { reconnectDelayMs } from '../../../web/src/live/reconnect-delay.ts';
import { containRect, shrinkToFit } from '../../../web/src/picture/fit.ts';
import { cameraHref, pageHref, parseRoute } from '../../../web/src/state/route.ts';

const found = (label: string, score = 0.5) => ({ label, classId: 0, score, box: [0, 0, 1, 1] as const });

const head = (receivedAt: number, ...labels: readonly string[]): WatchedFrameHead => ({
  type: 'frame',
  camera: 'c',
  seq: receivedAt,
  receivedAt,
  latencyMs: 1,
  model: 'm@1',
  width: 640,
  height: 360,
  detections: labels.map((label, i) => found(label, 0.4 + i / 10)),
});

describe('sightings', () => {
  it('joins frames that see a class without a long pause, and begins another after one', () => {
    const heads = [head(0, 'car'), head(100, 'car', 'car'), head(1_900), head(2_000, 'car'), head(9_000, 'car')];
    const sightings = heads.reduce<readonly Sighting[]>(addSightings, []);
    expect(sightings).toEqual([
      { label: 'car', firstAt: 9_000, lastAt: 9_000, frames: 1, atOnce: 1, scoreMax: 0.4 },
      { label: 'car', firstAt: 0, lastAt: 2_000, frames: 3, atOnce: 2, scoreMax: 0.5 },
    ]);
  });

  it('stays bounded', () => {
    const heads = Array.from({ length: 200 }, (_, i) => head(i * 10_000, 'car'));
    expect(heads.reduce<readonly Sighting[]>(addSightings, []).length).toBeLessThanOrEqual(40);
  });
});

describe('what the page writes', () => {
  it('names what was found, most frequent first', () => {
    expect(foundText([found('person'), found('car'), found('car')])).toBe('2 car · 1 person');
    expect(foundText([])).toBe('');
  });

  it('shows outcomes that add up to the frames received', () => {
    const rows = outcomeRows({
      received: 10,
      inferred: 5,
      gated: 1,
      shed: { expired: 1, superseded: 2 },
      rejected: { image_corrupt: 1 },
      lost: {},
      inFlight: 0,
    });
    expect(rows.reduce((sum, row) => sum + row.frames, 0)).toBe(10);
    expect(rows.find((row) => row.outcome === 'shed')?.reasons.map((r) => r.reason)).toEqual(['superseded', 'expired']);
  });
});

describe('pictures', () => {
  it('fill what they fit in, shape kept and centred', () => {
    expect(containRect({ width: 100, height: 50 }, { width: 200, height: 200 })).toEqual({
      x: 0,
      y: 50,
      width: 200,
      height: 100,
    });
  });

  it('are shrunk for the node, never enlarged, to even pixels', () => {
    expect(shrinkToFit({ width: 1_920, height: 1_080 }, { width: 640, height: 640 })).toEqual({
      width: 640,
      height: 360,
    });
    expect(shrinkToFit({ width: 320, height: 181 }, { width: 640, height: 640 })).toEqual({ width: 320, height: 182 });
  });
});

describe('routes', () => {
  it('lead to a camera and back', () => {
    expect(parseRoute(cameraHref('gate-1'))).toEqual({ kind: 'camera', camera: 'gate-1', tab: 'live', query: '' });
    expect(parseRoute(pageHref('alerts', { severity: 'critical' }))).toEqual({
      kind: 'alerts',
      query: 'severity=critical',
    });
  });

  it('are the overview where they are none of ours', () => {
    for (const hash of ['', '#', '#/', '#/nowhere', '#/camera/', '#/camera/a%20b']) {
      expect(parseRoute(hash)).toEqual({ kind: 'overview', query: '' });
    }
  });
});

describe('pauses between tries to reconnect', () => {
  it('grow to ten seconds and never to nothing', () => {
    expect([1, 2, 3, 10, 1_000].map((attempt) => reconnectDelayMs(attempt, 0.999_999))).toEqual([
      500, 1_000, 2_000, 10_000, 10_000,
    ]);
    expect(reconnectDelayMs(1, 0)).toBe(375);
  });
});
