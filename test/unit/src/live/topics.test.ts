import { describe, expect, it } from 'vitest';
import { WATCHER_TOPICS_MAX } from '../../../../config/limits.ts';
import { cameraTopics, readWatch, topicsFault } from '../../../../src/live/topics.ts';

describe('topics of /v1/live', () => {
  it('are cameras by id, the cluster, alerts and events', () => {
    expect(topicsFault([])).toBeUndefined();
    expect(topicsFault(['cluster', 'alerts', 'events', 'camera:a', `camera:${'x'.repeat(64)}`])).toBeUndefined();
    for (const topic of ['', 'camera', 'camera:', 'camera:a b', `camera:${'x'.repeat(65)}`, 'Cluster', 7, null]) {
      expect(topicsFault([topic])).toEqual(expect.any(String));
    }
  });

  it('are bounded in number, and a fault quotes little of a long one', () => {
    const many = Array.from({ length: WATCHER_TOPICS_MAX }, (_, i) => `camera:${i}`);
    expect(topicsFault(many)).toBeUndefined();
    expect(topicsFault([...many, 'cluster'])).toContain(String(WATCHER_TOPICS_MAX));
    expect(topicsFault(['z'.repeat(10_000)])?.length).toBeLessThan(200);
  });

  it('name the cameras among them', () => {
    expect([...cameraTopics(new Set(['cluster', 'camera:a', 'camera:b', 'camera:']))]).toEqual(['a', 'b']);
  });
});

describe('readWatch', () => {
  it('reads the topics a watcher follows from now on', () => {
    expect(readWatch('{"type":"watch","topics":["cluster","camera:a"]}')).toEqual({ topics: ['cluster', 'camera:a'] });
    expect(readWatch('{"type":"watch","topics":[]}')).toEqual({ topics: [] });
  });

  it('says what is wrong with anything else', () => {
    for (const text of [
      '',
      'x',
      'null',
      '[]',
      '{"type":"hello"}',
      '{"type":"watch"}',
      '{"type":"watch","topics":{}}',
    ]) {
      expect(readWatch(text)).toEqual({ fault: expect.any(String) });
    }
    expect(readWatch('{"type":"watch","topics":["x"]}')).toEqual({ fault: expect.stringContaining('no such topic') });
  });
});
