import { describe, expect, it } from 'vitest';
import { MovedRecords } from '../../../../src/alerts/moved-records.ts';

describe('records that went to another node', () => {
  it('are those of the camera, from the first that was carried to the hand-over', () => {
    const moved = new MovedRecords();
    moved.add('a', { from: 5, before: 9 });
    expect([4, 5, 8, 9].map((position) => moved.has('a', position))).toEqual([false, true, true, false]);
    expect(moved.has('b', 6)).toBe(false);
  });

  it('are told apart for each stay of the camera, and forgotten once every sink is past them', () => {
    const moved = new MovedRecords();
    moved.add('a', { from: 0, before: 9 });
    moved.add('a', { from: 15, before: 20 });
    moved.add('a', { from: 15, before: 20 });
    expect([8, 12, 16].map((position) => moved.has('a', position))).toEqual([true, false, true]);
    moved.passed(9);
    expect([...moved.all()]).toEqual([['a', [{ from: 15, before: 20 }]]]);
    moved.passed(20);
    expect(moved.size).toBe(0);
  });

  it('of a camera that comes and goes without end are kept in bounded room, none of them forgotten', () => {
    const moved = new MovedRecords();
    for (let n = 0; n < 50; n++) moved.add('a', { from: n * 10, before: n * 10 + 5 });
    const [[, ranges] = ['', []]] = moved.all();
    expect(ranges.length).toBeLessThanOrEqual(4);
    for (let n = 0; n < 50; n++) expect(moved.has('a', n * 10 + 4)).toBe(true);
  });
});
