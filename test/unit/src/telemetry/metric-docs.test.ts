import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allMetrics } from '../../../support/all-metrics.ts';
import { renderMetricsDocs } from '../../../support/metric-docs.ts';

const described = allMetrics().describe();
const own = described.filter(({ name }) => name.startsWith('camshard_'));

describe('docs/metrics.md', () => {
  it('lists every metric as the program registers it (renew it with `vitest run -u`)', async () => {
    await expect(renderMetricsDocs(described)).toMatchFileSnapshot(resolve('docs/metrics.md'));
  });
});

describe('the names of metrics', () => {
  it('say by `_total` what is a counter, and only that', () => {
    for (const { name, type } of described) {
      expect(name.endsWith('_total'), `${name} is a ${type}`).toBe(type === 'counter');
    }
  });

  it('carry a base unit where they have one, and their help is a sentence', () => {
    for (const { name, help } of own) {
      expect(name, 'no part of a unit').not.toMatch(
        /_(ms|milliseconds?|minutes?|kb|mb|kilobytes|megabytes|percent)(_|$)/,
      );
      expect(help).toMatch(/^[A-Z0-9].*\.$/s);
      if (/_seconds(_|$)/.test(name)) expect(help, name).toMatch(/seconds/i);
      if (/_bytes(_|$)/.test(name)) expect(help, name).toMatch(/bytes/i);
      if (/_ratio(_|$)/.test(name)) expect(help, name).toMatch(/0 to 1/);
    }
  });

  it('are never labelled by something there is no end of', () => {
    for (const { name, labelNames } of own) {
      for (const label of labelNames) expect(['camera', 'shard', 'alert', 'url', 'path'], name).not.toContain(label);
    }
  });
});
