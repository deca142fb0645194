import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../core/manual-clock.ts';
import type { LogRecord } from '../../../../src/adapters/segment-log/log-reader.ts';
import { Delivery, type DeliveryChange, type DeliveryOptions } from '../../../../src/alerts/delivery.ts';
import type { AsideRecord } from '../../../../src/alerts/left-behind.ts';
import type { OutboxRecord } from '../../../../src/alerts/outbox-record.ts';
import type { AlertSink, Delivered, OutboxAlert } from '../../../../src/alerts/sink.ts';
import { alertOf } from '../../../support/alerts.ts';
import { until } from '../../../support/until.ts';

/** An outbox in memory with one reader. */
class FakeReader {
  readonly records: LogRecord<OutboxRecord>[] = [];
  readonly lost = 0;
  next = 1;
  #wake: (() => void)[] = [];

  add(n: number): void {
    for (let i = 0; i < n; i++) {
      const position = this.records.length + 1;
      this.records.push({ position, value: { kind: 'alert', alert: alertOf('cam', { opening: position }) } });
    }
    for (const wake of this.#wake.splice(0)) wake();
  }

  get behind(): number {
    return this.records.length + 1 - this.next;
  }

  async read(recordsMax: number) {
    return this.records.slice(this.next - 1, this.next - 1 + recordsMax);
  }

  async wait(): Promise<'more'> {
    while (this.behind === 0) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return 'more';
  }

  commit(position: number): void {
    this.next = position + 1;
  }
}

function setUp(
  deliver: (alerts: readonly OutboxAlert[], signal: AbortSignal) => Promise<Delivered>,
  more: Partial<AlertSink> = {},
  options: Partial<DeliveryOptions> = {},
) {
  const clock = new ManualClock();
  const reader = new FakeReader();
  const changes: DeliveryChange[] = [];
  const offered: number[][] = [];
  let closed = false;
  const sink: AlertSink = {
    name: 'fake',
    batchMax: 4,
    deliver: (alerts, signal) => {
      offered.push(alerts.map(({ position }) => position));
      return deliver(alerts, signal);
    },
    async close() {
      closed = true;
    },
    ...more,
  };
  const delivery = new Delivery({
    sink,
    reader,
    clock,
    breaker: { failuresMax: 5, openMsFirst: 30_000, openMsMax: 30_000, retryMsFirst: 200, retryMsMax: 10_000 },
    attemptMsMax: 1_000,
    random: () => 1,
    onChange: (change) => changes.push(change),
    ...options,
  });
  delivery.start();
  return { clock, reader, changes, offered, delivery, isClosed: () => closed };
}

const fault = (message = 'away'): Delivered => ({ done: 0, fault: { error: new Error(message) } });

describe('the delivery of alerts to a sink', () => {
  it('offers batches in order, and commits what was taken', async () => {
    const { clock, reader, offered, delivery } = setUp(async (alerts) => ({ done: alerts.length }));
    reader.add(6);
    await clock.advanceAsync(5);
    expect(offered).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
    expect(delivery.status).toMatchObject({ behind: 0, delivered: 6, breaker: 'closed' });
  });

  it('offers the rest again where only a part was taken', async () => {
    let first = true;
    const { clock, reader, offered } = setUp(async (alerts) => {
      if (!first) return { done: alerts.length };
      first = false;
      return { done: 2, fault: { error: new Error('cut') } };
    });
    reader.add(3);
    await clock.advanceAsync(400);
    expect(offered).toEqual([[1, 2, 3], [3]]);
  });

  it('waits longer after each failure, opens its breaker after five, and probes with one alert', async () => {
    let away = true;
    const { clock, reader, changes, offered, delivery } = setUp(async (alerts) =>
      away ? fault() : { done: alerts.length },
    );
    reader.add(8);
    await clock.advanceAsync(4_000, 10);
    expect(changes.map((change) => ('retryMs' in change ? change.retryMs : change.kind))).toEqual([
      200, 400, 800, 1_600, 27_000,
    ]);
    expect(delivery.status).toMatchObject({ breaker: 'open', failures: 5 });
    away = false;
    await clock.advanceAsync(27_000, 100);
    expect(offered.slice(5)).toEqual([[1], [2, 3, 4, 5], [6, 7, 8]]);
    expect(changes.at(-1)).toEqual({ kind: 'recovered', failures: 5, breakerWasOpen: true });
    expect(delivery.status.breaker).toBe('closed');
  });

  it('opens again at once where the probe fails', async () => {
    const { clock, reader, delivery } = setUp(async () => fault());
    reader.add(1);
    await clock.advanceAsync(40_000, 100);
    expect(delivery.status).toMatchObject({ breaker: 'open', failures: 6 });
  });

  it('waits as long as the far end asks for', async () => {
    let asked = false;
    const { clock, reader, delivery } = setUp(async (alerts) => {
      if (asked) return { done: alerts.length };
      asked = true;
      return { done: 0, fault: { error: new Error('busy'), retryAfterMs: 5_000 } };
    });
    reader.add(1);
    await clock.advanceAsync(4_900, 100);
    expect(delivery.status.delivered).toBe(0);
    await clock.advanceAsync(200, 100);
    expect(delivery.status.delivered).toBe(1);
  });

  it('takes a sink that does not answer, and ignores its signal, for away', async () => {
    const { clock, reader, changes } = setUp(() => new Promise(() => {}));
    reader.add(1);
    await clock.advanceAsync(1_100, 100);
    expect(changes[0]).toMatchObject({ kind: 'failing', error: { code: 'sink_timeout' } });
  });

  it('counts what is refused for good, and goes on behind it', async () => {
    const { clock, reader, delivery, changes } = setUp(async (alerts) => ({
      done: alerts.length,
      refused: alerts
        .filter(({ position }) => position === 2)
        .map(({ position }) => ({ position, reason: 'fenced', detail: 'old' })),
    }));
    reader.add(3);
    await clock.advanceAsync(5);
    expect(delivery.status).toMatchObject({ behind: 0, delivered: 2, refused: { fenced: 1, rejected: 0 } });
    expect(changes).toMatchObject([{ kind: 'refused', id: 'cam:queue:2' }]);
  });

  it('passes by what the sink does not want', async () => {
    const { clock, reader, offered, delivery } = setUp(async (alerts) => ({ done: alerts.length }), {
      wants: ({ opening }) => opening % 2 === 0,
    });
    reader.add(4);
    await clock.advanceAsync(5);
    expect(offered).toEqual([[2, 4]]);
    expect(delivery.status.behind).toBe(0);
  });

  it('tells who acknowledged what only to sinks that take it', async () => {
    for (const takesAcknowledgements of [false, true]) {
      const seen: (string | undefined)[] = [];
      const { reader, delivery } = setUp(
        async (alerts) => {
          seen.push(...alerts.map(({ acknowledged }) => acknowledged?.who));
          return { done: alerts.length };
        },
        { takesAcknowledgements },
      );
      const alert = alertOf('cam', { opening: 1 });
      reader.add(1);
      reader.records.push({ position: 2, value: { kind: 'acknowledged', id: alert.id, who: 'kim', atMs: 1, alert } });
      // As earlier versions wrote it.
      reader.records.push({ position: 3, value: { kind: 'acknowledged', id: alert.id, who: 'lee', atMs: 2 } });
      delivery.start();
      await until('all are done with', () => reader.next === 4);
      expect(seen).toEqual(takesAcknowledgements ? [undefined, 'kim'] : [undefined]);
      await delivery.stop(0);
    }
  });

  it('ends at once where nothing waits, where the sink is away, and in time where it hangs', async () => {
    const idle = setUp(async (alerts) => ({ done: alerts.length }));
    await idle.delivery.stop(1_000);
    expect(idle.isClosed()).toBe(true);
    expect(idle.clock.pendingTimers).toBe(0);

    const away = setUp(async () => fault());
    away.reader.add(1);
    await away.clock.advanceAsync(5);
    await away.delivery.stop(1_000);
    expect(away.clock.pendingTimers).toBe(0);

    const hanging = setUp(() => new Promise(() => {}));
    hanging.reader.add(1);
    await hanging.clock.advanceAsync(5);
    const stopped = hanging.delivery.stop(300);
    await hanging.clock.advanceAsync(310);
    await stopped;
    expect(hanging.reader.next).toBe(1);
    expect(hanging.clock.pendingTimers).toBe(0);
  });
});

const takesAll = async (alerts: readonly OutboxAlert[]): Promise<Delivered> => ({ done: alerts.length });

describe('the delivery of alerts by a node of a cluster', () => {
  it("passes over what moved, sets aside what is another owner's, and counts both", async () => {
    const aside: AsideRecord[] = [];
    const { clock, reader, offered, delivery } = setUp(
      takesAll,
      {},
      {
        mayDeliver: ({ opening }) => (opening === 3 ? 'never' : 'yes'),
        hasMoved: (_camera, position) => position === 2,
        setAside: async (records) => aside.push(...records) > 0,
      },
    );
    reader.add(4);
    await clock.advanceAsync(5);
    expect(offered).toEqual([[1, 4]]);
    expect(aside.map(({ sink, position }) => `${sink} ${position}`)).toEqual(['fake 3']);
    expect(delivery.status).toMatchObject({ behind: 0, delivered: 2, fenced: 1, moved: 1 });
  });

  it('waits where nobody can tell whose an alert is, and goes on from there', async () => {
    let known = false;
    const { clock, reader, offered, changes, delivery } = setUp(
      takesAll,
      {},
      {
        mayDeliver: ({ opening }) => (known || opening < 3 ? 'yes' : 'not_now'),
      },
    );
    reader.add(4);
    await clock.advanceAsync(2_000, 50);
    expect([offered, delivery.status.behind, delivery.status.failures]).toEqual([[[1, 2]], 2, 0]);
    known = true;
    await clock.advanceAsync(500, 50);
    expect([offered, changes]).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [],
    ]);
  });

  it("is not done with another owner's alert before that is kept for them", async () => {
    let disk = false;
    const { clock, reader, delivery } = setUp(takesAll, {}, { mayDeliver: () => 'never', setAside: async () => disk });
    reader.add(2);
    await clock.advanceAsync(300);
    expect(delivery.status).toMatchObject({ behind: 2, fenced: 0 });
    disk = true;
    await clock.advanceAsync(20_000, 100);
    expect(delivery.status).toMatchObject({ behind: 0, fenced: 2 });
  });

  it('leaves what the far end fences to the owner, and does not give a sink what it had from an owner before', async () => {
    const aside: AsideRecord[] = [];
    const { clock, reader, offered } = setUp(
      async (alerts) => ({
        done: alerts.length,
        refused: alerts.slice(0, 1).map(({ position }) => ({ position, reason: 'fenced', detail: 'epoch' })),
      }),
      {},
      { setAside: async (records) => aside.push(...records) > 0 },
    );
    reader.records.push({ position: 1, value: { kind: 'alert', alert: alertOf('a'), had: ['fake'] } });
    reader.records.push({ position: 2, value: { kind: 'alert', alert: alertOf('a'), had: ['other'] } });
    reader.add(1);
    await clock.advanceAsync(5);
    expect(offered).toEqual([[2, 3]]);
    expect(aside.map(({ position }) => position)).toEqual([2]);
  });

  it('ends at once while it waits for somebody to tell whose an alert is', async () => {
    const { clock, reader, delivery, isClosed } = setUp(takesAll, {}, { mayDeliver: () => 'not_now' });
    reader.add(2);
    await clock.advanceAsync(300);
    const stopped = delivery.stop(1_000);
    await clock.advanceAsync(1_100, 50);
    await stopped;
    expect([isClosed(), delivery.status.behind]).toEqual([true, 2]);
  });
});
