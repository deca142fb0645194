import { describe, expect, it } from 'vitest';
import { Schedule, type ScheduleSettings } from '../../../../analytics/rules/schedule.ts';

const ALL = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const period = (more: Partial<ScheduleSettings>): ScheduleSettings => ({
  days: [...ALL],
  from: '00:00',
  to: '00:00',
  timeZone: 'UTC',
  ...more,
});
const covers = (settings: readonly ScheduleSettings[] | null, iso: string) =>
  new Schedule(settings).covers(Date.parse(iso));

describe('a schedule', () => {
  it('is always where none is given, and all day from midnight to midnight', () => {
    expect(covers(null, '2026-03-02T03:00:00Z')).toBe(true);
    const monday = [period({ days: ['mon'] })];
    expect(covers(monday, '2026-03-01T23:59:59.999Z')).toBe(false);
    expect(covers(monday, '2026-03-02T00:00:00Z')).toBe(true);
    expect(covers(monday, '2026-03-02T23:59:59.999Z')).toBe(true);
    expect(covers(monday, '2026-03-03T00:00:00Z')).toBe(false);
  });

  it('begins with its first minute and ends before its last', () => {
    const day = [period({ from: '08:30', to: '17:00' })];
    expect(covers(day, '2026-03-02T08:29:59.999Z')).toBe(false);
    expect(covers(day, '2026-03-02T08:30:00Z')).toBe(true);
    expect(covers(day, '2026-03-02T16:59:59.999Z')).toBe(true);
    expect(covers(day, '2026-03-02T17:00:00Z')).toBe(false);
  });

  it('goes on over midnight with the day it began on', () => {
    const friday = [period({ days: ['fri'], from: '22:00', to: '06:00' })];
    expect(covers(friday, '2026-03-06T21:59:00Z')).toBe(false);
    expect(covers(friday, '2026-03-06T22:00:00Z')).toBe(true);
    expect(covers(friday, '2026-03-07T05:59:00Z')).toBe(true);
    expect(covers(friday, '2026-03-07T06:00:00Z')).toBe(false);
    expect(covers(friday, '2026-03-07T23:00:00Z')).toBe(false);
    expect(covers(friday, '2026-03-06T03:00:00Z')).toBe(false);
  });

  it('goes by the clock of its zone', () => {
    const kathmandu = [period({ from: '09:00', to: '10:00', timeZone: 'Asia/Kathmandu' })]; // UTC+5:45
    expect(covers(kathmandu, '2026-03-02T03:14:59Z')).toBe(false);
    expect(covers(kathmandu, '2026-03-02T03:15:00Z')).toBe(true);
    const newYork = [period({ days: ['sun'], from: '20:00', to: '00:00', timeZone: 'America/New_York' })];
    expect(covers(newYork, '2026-03-02T03:00:00Z')).toBe(true); // Sunday evening there
  });

  it('does not wait for an hour that daylight saving skips', () => {
    // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
    const night = [period({ from: '02:30', to: '05:00', timeZone: 'Europe/Berlin' })];
    expect(covers(night, '2026-03-29T00:59:59Z')).toBe(false);
    expect(covers(night, '2026-03-29T01:00:00Z')).toBe(true);
    expect(covers(night, '2026-03-29T02:59:59Z')).toBe(true); // 04:59:59
    expect(covers(night, '2026-03-29T03:00:00Z')).toBe(false); // 05:00
  });

  it('holds both times in an hour that daylight saving repeats', () => {
    // Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
    const night = [period({ from: '02:00', to: '03:00', timeZone: 'Europe/Berlin' })];
    expect(covers(night, '2026-10-24T23:59:59Z')).toBe(false);
    expect(covers(night, '2026-10-25T00:00:00Z')).toBe(true);
    expect(covers(night, '2026-10-25T01:59:59Z')).toBe(true);
    expect(covers(night, '2026-10-25T02:00:00Z')).toBe(false);
  });

  it('is any of its periods', () => {
    const both = [period({ from: '07:00', to: '09:00' }), period({ from: '16:00', to: '18:00' })];
    expect(['06:00', '08:00', '12:00', '17:00'].map((time) => covers(both, `2026-03-02T${time}:00Z`))).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('refuses a zone that there is not', () => {
    expect(() => new Schedule([period({ timeZone: 'Europe/Atlantis' })])).toThrow(RangeError);
  });
});
