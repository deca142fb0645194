import { Counter, Gauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { pulledHistogram } from '../../../../src/telemetry/pulled-histogram.ts';
import { pulled } from '../../../../src/telemetry/pulled-metric.ts';

describe('metrics that are read at each scrape', () => {
  it('have no series while there is nothing to tell, and lose those that are over', async () => {
    const registry = new Registry();
    let values: [Record<string, string>, number][] = [];
    pulled(registry, Gauge, 'plain', 'Plain.', [], () => values.map(([, n]) => [{}, n]));
    pulled(registry, Counter, 'by_peer_total', 'By peer.', ['peer'], () => values);
    const series = async () => (await registry.metrics()).split('\n').filter((l) => l !== '' && !l.startsWith('#'));
    expect(await series()).toEqual([]);
    values = [[{ peer: 'b' }, 3]];
    expect(await series()).toEqual(['plain 3', 'by_peer_total{peer="b"} 3']);
    values = [[{ peer: 'c' }, 0]];
    expect(await series()).toEqual(['plain 0', 'by_peer_total{peer="c"} 0']);
    values = [];
    expect(await series()).toEqual([]);
  });

  it('are histograms as Prometheus knows them where somebody has counted by bucket', async () => {
    const registry = new Registry();
    pulledHistogram(registry, 'call_seconds', 'Calls.', ['client'], () => [
      { labels: { client: 'map' }, buckets: [[0.1, 2] as const, [1, 5] as const], count: 6, sum: 7.5 },
    ]);
    expect((await registry.metrics()).trim().split('\n')).toEqual([
      '# HELP call_seconds Calls.',
      '# TYPE call_seconds histogram',
      'call_seconds_bucket{client="map",le="0.1"} 2',
      'call_seconds_bucket{client="map",le="1"} 5',
      'call_seconds_bucket{client="map",le="+Inf"} 6',
      'call_seconds_sum{client="map"} 7.5',
      'call_seconds_count{client="map"} 6',
    ]);
  });
});
