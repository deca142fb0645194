import { describe, expect, it } from 'vitest';
import { parseGroups, parseHot, swarmGroups } from '../../../loadtest/swarm/groups.ts';

const defaults = { cameras: 4, fps: 5, obeyCredits: true, prefix: 's', prefixGiven: false };

describe('groups of a swarm', () => {
  it('are one of all cameras where none are asked for', () => {
    expect(swarmGroups(undefined, defaults)).toEqual([
      { name: 'all', cameras: ['s-0', 's-1', 's-2', 's-3'], fps: 5, obeyCredits: true },
    ]);
  });

  it('name their cameras after themselves, with a rate and a manner of their own', () => {
    expect(swarmGroups(parseGroups('critical:1,hot:2:10:ignore'), defaults)).toEqual([
      { name: 'critical', cameras: ['critical-0'], fps: 5, obeyCredits: true },
      { name: 'hot', cameras: ['hot-0', 'hot-1'], fps: 50, obeyCredits: false },
    ]);
    expect(swarmGroups(parseGroups('low:1'), { ...defaults, prefixGiven: true })[0]?.cameras).toEqual(['low-s-0']);
  });

  it('set a hot camera apart from the others without renaming anybody', () => {
    const groups = swarmGroups(parseHot('1:10', 4), defaults);
    expect(groups.map((g) => [g.name, g.fps])).toEqual([
      ['hot', 50],
      ['others', 5],
    ]);
    expect(groups.flatMap((g) => g.cameras)).toEqual(['s-0', 's-1', 's-2', 's-3']);
  });

  it('refuse what cannot be meant', () => {
    for (const text of ['', 'a', 'a:0', 'a:1:0', 'a:1:2:3', 'a b:1', 'a:1,a:2']) {
      expect(() => parseGroups(text), text).toThrow(RangeError);
    }
    for (const text of ['4:10', '0:2', '1', '1:0']) expect(() => parseHot(text, 4), text).toThrow(RangeError);
  });
});
