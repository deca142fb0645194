import { beforeEach, describe, expect, it } from 'vitest';
import { AlertFeed } from '../../../../src/cli/alerts/alert-feed.ts';
import type { AlertRow } from '../../../../src/cli/alerts/alert-rows.ts';

const row = (keeper: string, position: number): AlertRow => ({ keeper, position }) as AlertRow;

describe('the feed of alerts that are tailed', () => {
  let printed: string[];
  let feed: AlertFeed;
  beforeEach(() => {
    printed = [];
    feed = new AlertFeed(({ keeper, position }) => printed.push(`${keeper}${position}`));
  });

  it('prints of a node what is behind where it began, each once, live or asked for', () => {
    feed.beginAt(3);
    feed.hold();
    feed.take(row('a', 5));
    feed.take(row('a', 6));
    feed.caughtUp([row('a', 4), row('a', 5)], 5);
    feed.take(row('a', 6));
    feed.take(row('a', 7));
    expect(printed).toEqual(['a4', 'a5', 'a6', 'a7']);
    expect(feed.place).toBe(7);
  });

  it('counts for each node of a cluster by itself, and goes on where the last gap ended', () => {
    feed.beginAt('begin');
    feed.hold();
    feed.take(row('b', 2));
    feed.caughtUp([row('a', 90), row('b', 2)], 'gap-1');
    feed.take(row('b', 3));
    feed.take(row('a', 91));
    expect(feed.place).toBe('gap-1');
    feed.hold();
    feed.caughtUp([row('b', 3), row('a', 91), row('c', 1)], 'gap-2');
    expect(printed).toEqual(['a90', 'b2', 'b3', 'a91', 'c1']);
    expect(feed.place).toBe('gap-2');
  });

  it('goes on with what it heard where the gap could not be asked for', () => {
    feed.beginAt('begin');
    feed.hold();
    feed.take(row('a', 1));
    feed.caughtUp([]);
    expect(printed).toEqual(['a1']);
    expect(feed.place).toBe('begin');
  });
});
