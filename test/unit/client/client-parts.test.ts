import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../src/client/backoff.ts';
import { LatencyHistogram } from '../../../src/client/latency-histogram.ts';
import { Pacer } from '../../../src/client/pacer.ts';
import { parseNodeUrl, redactUrl, redirectedUrl, splitNodeUrls, streamUrl } from '../../../src/client/urls.ts';

describe('addresses', () => {
  it('reads an address however people write it', () => {
    for (const text of ['127.0.0.1:8080', 'ws://127.0.0.1:8080', 'http://127.0.0.1:8080/']) {
      expect(parseNodeUrl(text)).toEqual({ http: 'http://127.0.0.1:8080', ws: 'ws://127.0.0.1:8080' });
    }
    expect(parseNodeUrl('wss://a.example/cams/')).toEqual({
      http: 'https://a.example/cams',
      ws: 'wss://a.example/cams',
    });
    for (const text of ['', 'ftp://a', 'http://', '::'])
      expect(() => parseNodeUrl(text)).toThrow(/no address of a node/);
  });

  it('makes the address of a stream', () => {
    expect(streamUrl('http://h:1', 'gate.1', { results: true, follow: false })).toBe(
      'ws://h:1/v1/cameras/gate.1/stream?results=1',
    );
    expect(streamUrl('https://h', 'a', { results: false, follow: false })).toBe('wss://h/v1/cameras/a/stream');
    expect(streamUrl('https://h', 'a', { results: true, follow: true })).toBe(
      'wss://h/v1/cameras/a/stream?results=1&redirect=1',
    );
  });

  it('never leaves TLS for a redirect', () => {
    const wishes = { results: true, follow: false };
    const none = { results: false, follow: false };
    expect(redirectedUrl('wss://a/x', 'ws://b:1', 'c', wishes)).toBeUndefined();
    expect(redirectedUrl('ws://a/x', 'ws://b,ws://d', 'c', wishes)).toBeUndefined();
    expect(redirectedUrl('ws://a/x', 'wss://b', 'c', wishes)).toBe('wss://b/v1/cameras/c/stream?results=1');
    expect(redirectedUrl('ws://a/x', 'ws://b/v1/cameras/c/stream', 'c', none)).toBe('ws://b/v1/cameras/c/stream');
    expect(redirectedUrl('ws://a/x', 'javascript:alert(1)', 'c', none)).toBeUndefined();
  });

  it('takes several addresses with commas between, and the first of them where one is meant', () => {
    expect(splitNodeUrls('ws://a:1, b:2,ws://a:1,')).toEqual(['ws://a:1', 'b:2']);
    expect(parseNodeUrl('ws://a:1,b:2').http).toBe('http://a:1');
  });

  it('hides passwords and tokens', () => {
    expect(redactUrl('rtsp://admin:pw@10.0.0.1/1')).toBe('rtsp://***@10.0.0.1/1');
    expect(redactUrl('ws://h/s?access_token=abc&x=1')).toBe('ws://h/s?access_token=***&x=1');
    expect(redactUrl('error in rtsp://u:p@h/1: 404')).toBe('error in rtsp://***@h/1: 404');
  });
});

describe('backoff', () => {
  it('grows to its ceiling and always keeps half of the wait', () => {
    const limits = { delayMsMin: 100, delayMsMax: 1_000 };
    const least = [0, 1, 2, 3, 4, 500].map((n) => backoffMs(n, limits, () => 0));
    const most = [0, 1, 2, 3, 4, 500].map((n) => backoffMs(n, limits, () => 1));
    expect(least).toEqual([50, 100, 200, 400, 500, 500]);
    expect(most).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });
});

describe('pacer', () => {
  const passed = (sourceFps: number, fps: number, seconds: number): number => {
    const pacer = new Pacer();
    let count = 0;
    for (let i = 0; i < sourceFps * seconds; i++) if (pacer.due((i * 1_000) / sourceFps, fps)) count++;
    return count;
  };

  it('lets a source of the wanted rate through whole', () => {
    expect(passed(10, 10, 10)).toBe(100);
  });

  it('thins a faster source to the wanted rate, also where the rates do not divide', () => {
    expect(passed(30, 10, 10)).toBeGreaterThanOrEqual(99);
    expect(passed(30, 10, 10)).toBeLessThanOrEqual(101);
    expect(passed(25, 10, 10)).toBeGreaterThanOrEqual(95);
    expect(passed(25, 10, 10)).toBeLessThanOrEqual(101);
  });

  it('does not catch up in a burst after a pause', () => {
    const pacer = new Pacer();
    expect(pacer.due(0, 10)).toBe(true);
    expect([5_000, 5_001, 5_002].map((ms) => pacer.due(ms, 10))).toEqual([true, false, false]);
  });

  it('takes a new rate up from the last frame on, without sitting out a long period of the old one', () => {
    const pacer = new Pacer();
    expect([0, 200, 500].map((ms) => pacer.due(ms, 2))).toEqual([true, false, true]);
    expect([540, 600, 640, 700].map((ms) => pacer.due(ms, 10))).toEqual([false, true, false, true]);
    expect([800, 900, 1_100, 1_200].map((ms) => pacer.due(ms, 2))).toEqual([false, false, true, false]);
  });

  it('does not have cameras leave out the same frames when all of them are asked for less at once', () => {
    // Frames in each 200 ms, the period of the sources, from 5 s after the rate fell on.
    const perSlot = (phaseOf: (camera: number) => number | undefined): number[] => {
      const slots = new Array<number>(50).fill(0);
      for (let camera = 0; camera < 30; camera++) {
        const pacer = new Pacer(phaseOf(camera));
        const startMs = ((camera * 0.618) % 1) * 200; // has nothing to do with the phase
        for (let i = 0; i < 100; i++) {
          if (!pacer.due(startMs + i * 200, i < 25 ? 5 : 2) || i < 50) continue;
          slots[i - 50] = (slots[i - 50] ?? 0) + 1;
        }
      }
      return slots;
    };
    const deviation = (slots: readonly number[]): number =>
      Math.sqrt(slots.reduce((sum, frames) => sum + (frames - 12) ** 2, 0) / slots.length);
    const spread = perSlot((camera) => camera / 30);
    const inStep = perSlot(() => undefined);
    // 12 is the mean: 30 cameras, 2 of 5 frames. In step it is all of them or none.
    expect(spread.reduce((a, b) => a + b, 0)).toBe(600);
    expect([Math.max(...inStep), Math.min(...inStep)]).toEqual([30, 0]);
    expect(Math.max(...spread)).toBeLessThanOrEqual(20);
    expect(Math.min(...spread)).toBeGreaterThan(0);
    expect(deviation(spread)).toBeLessThan(deviation(inStep) / 2);
  });

  it('keeps the average rate at any phase, whatever it was before and whatever the source sends', () => {
    const rate = fc.double({ min: 0.5, max: 30, noNaN: true });
    const phases = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        phases,
        rate,
        rate,
        fc.double({ min: 1.5, max: 10, noNaN: true }),
        (phase, beforeFps, fps, faster) => {
          const pacer = new Pacer(phase);
          const sourceMs = 1_000 / (Math.max(beforeFps, fps) * faster);
          let nowMs = 0;
          for (; nowMs < 10_000; nowMs += sourceMs) pacer.due(nowMs, beforeFps);
          for (const atMs = nowMs + 1_000 / Math.min(beforeFps, fps); nowMs < atMs; nowMs += sourceMs)
            pacer.due(nowMs, fps);
          const fromMs = nowMs;
          let count = 0;
          for (; nowMs < fromMs + 60_000; nowMs += sourceMs) if (pacer.due(nowMs, fps)) count++;
          // One at either end.
          expect(Math.abs(count - 60 * fps)).toBeLessThanOrEqual(2);
        },
      ),
      { seed: 7, numRuns: 100 },
    );
  });

  it('sends at most one frame early, however much its rate falls', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.2, max: 9, noNaN: true }),
        (phase, fps) => {
          const pacer = new Pacer(phase);
          for (let ms = 0; ms <= 2_000; ms += 20) pacer.due(ms, 10);
          const periodMs = 1_000 / fps;
          let count = 0;
          for (let ms = 2_020; ms < 2_020 + periodMs; ms += 20) if (pacer.due(ms, fps)) count++;
          expect(count).toBeLessThanOrEqual(2);
        },
      ),
      { seed: 8, numRuns: 100 },
    );
  });

  it('lets nothing through at a rate of 0', () => {
    expect(new Pacer().due(0, 0)).toBe(false);
  });
});

describe('latency histogram', () => {
  it('gives percentiles within a percent', () => {
    const histogram = new LatencyHistogram();
    for (let ms = 1; ms <= 1_000; ms++) histogram.record(ms);
    expect(histogram.percentile(0.5)).toBeGreaterThanOrEqual(500);
    expect(histogram.percentile(0.5)).toBeLessThanOrEqual(506);
    expect(histogram.percentile(0.99)).toBeGreaterThanOrEqual(990);
    expect(histogram.percentile(0.99)).toBeLessThanOrEqual(1_001);
  });

  it('has no percentile before the first latency', () => {
    expect(new LatencyHistogram().percentile(0.5)).toBeNull();
  });
});
