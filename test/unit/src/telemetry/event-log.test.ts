import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../core/manual-clock.ts';
import { NODE_EVENT_KINDS, type NodeEvent } from '../../../../core/node-event.ts';
import { EVENTS_KEPT, EventLog } from '../../../../src/telemetry/event-log.ts';

function start() {
  const lines: { level: number; msg: string; event: string; eventId: number }[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const clock = new ManualClock();
  const told: NodeEvent[] = [];
  const events = new EventLog({ clock, log, onEvent: (event) => told.push(event) });
  return { events, clock, lines, told };
}

const opened = { severity: 'critical', kind: 'breaker_opened', message: 'cpu-0 failed 3 times', data: {} } as const;
const ready = { severity: 'info', kind: 'device_ready', message: 'cpu-0 is ready', data: { device: 'cpu-0' } } as const;

describe('the event log', () => {
  it('numbers and dates events, keeps them, and tells who listens', () => {
    const { events, clock, told } = start();
    const { emit } = events;
    emit(ready);
    clock.advance(1_500);
    emit(opened);
    const { events: kept, lastId } = events.recent({ limit: 10 });
    expect(kept).toEqual([
      { id: 1, at: clock.wallMs() - 1_500, ...ready },
      { id: 2, at: clock.wallMs(), ...opened },
    ]);
    expect(lastId).toBe(2);
    expect(told).toEqual(kept);
  });

  it('logs each at the level of its severity', () => {
    const { events, lines } = start();
    events.emit(ready);
    events.emit({ ...opened, severity: 'warning' });
    events.emit(opened);
    expect(lines.map(({ level, event, eventId, msg }) => [level, event, eventId, msg])).toEqual([
      [30, 'device_ready', 1, 'cpu-0 is ready'],
      [40, 'breaker_opened', 2, 'cpu-0 failed 3 times'],
      [50, 'breaker_opened', 3, 'cpu-0 failed 3 times'],
    ]);
  });

  it('keeps the newest of many and counts all', () => {
    const { events } = start();
    for (let i = 0; i < EVENTS_KEPT + 44; i++) events.emit(ready);
    const { events: kept, lastId } = events.recent({ limit: 1_000 });
    expect(kept.map((event) => event.id)).toEqual(Array.from({ length: EVENTS_KEPT }, (_, i) => i + 45));
    expect(lastId).toBe(EVENTS_KEPT + 44);
    expect(events.counts().get('device_ready')).toBe(EVENTS_KEPT + 44);
    expect([...events.counts().keys()]).toEqual([...NODE_EVENT_KINDS]);
  });

  it('pages on after an id, and begins with the newest where none is given', () => {
    const { events } = start();
    for (let i = 0; i < 10; i++) events.emit(ready);
    const ids = (query: { after?: number; limit: number }) => events.recent(query).events.map((event) => event.id);
    expect(ids({ limit: 3 })).toEqual([8, 9, 10]);
    expect(ids({ after: 0, limit: 3 })).toEqual([1, 2, 3]);
    expect(ids({ after: 3, limit: 100 })).toEqual([4, 5, 6, 7, 8, 9, 10]);
    expect(ids({ after: 10, limit: 3 })).toEqual([]);
  });
});
