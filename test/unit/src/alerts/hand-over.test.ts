import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeConfigSchema } from '../../../../config/schema.ts';
import type { AlertChange } from '../../../../core/alert.ts';
import { systemClock } from '../../../../core/clock.ts';
import { type CameraId, epoch, shardId } from '../../../../core/ids.ts';
import type { AlertCarry } from '../../../../src/alerts/carry.ts';
import { type OpenAlerts, openAlerts } from '../../../../src/alerts/open-alerts.ts';
import type { OutboxRecord } from '../../../../src/alerts/outbox-record.ts';
import { alertChange, origin } from '../../../support/alerts.ts';
import { until } from '../../../support/until.ts';

/** Two nodes, each with a webhook that nobody answers, and a live sink that takes all. */
let dir: string;
let open: OpenAlerts[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-handover-'));
  open = [];
});
afterEach(async () => {
  for (const alerts of open) await alerts.close(0);
  await rm(dir, { recursive: true, force: true });
});

interface Node {
  readonly alerts: OpenAlerts;
  /** Alerts told to watchers, as `id state epoch`. */
  readonly told: string[];
}

async function start(id: string, more: Partial<Parameters<typeof openAlerts>[0]> = {}): Promise<Node> {
  const told: string[] = [];
  const alerts = await openAlerts({
    config: nodeConfigSchema.parse({
      node: { id, dataDir: join(dir, id) },
      alerts: { breakerOpenMs: 100, webhooks: [{ name: 'nobody', url: 'http://127.0.0.1:9/' }] },
    }),
    clock: systemClock,
    log: pino({ level: 'silent' }),
    emit: () => {},
    live: {
      publish: (_topic, message) => {
        const { alert } = message() as { alert: { id: string; state: string; epoch: number } };
        told.push(`${alert.id} ${alert.state} ${alert.epoch}`);
      },
    },
    audit: () => {},
    ...more,
  });
  open.push(alerts);
  return { alerts, told };
}

async function stop({ alerts }: Node): Promise<void> {
  open = open.filter((one) => one !== alerts);
  await alerts.close(0);
}

const camera = (id: string) => id as CameraId;
const raise = ({ alerts }: Node, id: string, more: Partial<AlertChange> = {}, at = 1) =>
  alerts.desk.raise(origin(id, 3, at), alertChange(more));
const owner = (at: number) => ({ shard: shardId(3), epoch: epoch(at) });
/** As it comes out at the other end of a node link. */
const sent = (carry: AlertCarry): AlertCarry => JSON.parse(JSON.stringify(carry)) as AlertCarry;
const sinkOf = ({ alerts }: Node, name: string) => alerts.status().sinks.find(({ sink }) => sink === name);
const shown = (records: readonly OutboxRecord[]) =>
  records.map((r) => ('alert' in r && r.alert !== undefined ? `${r.kind} ${r.alert.id} ${r.alert.state}` : r.kind));
const listed = ({ alerts }: Node) =>
  alerts.book.entries().map(({ alert }) => `${alert.id} ${alert.state} ${alert.epoch}`);

describe('alerts that move with their cameras', () => {
  it('are in the new book, keep their numbers, and go to the sinks that had not had them', async () => {
    const [a, b] = [await start('a'), await start('b')];
    raise(a, 'x');
    raise(a, 'x', { state: 'closed' });
    raise(a, 'x', { opening: 2 });
    raise(a, 'stays');
    await until('watchers of a are told', () => a.told.length === 4);
    const carry = sent(a.alerts.handOver.carry([camera('x')]));
    expect(shown(carry.cameras[0]?.records ?? [])).toEqual([
      'alert x:queue:1 opened',
      'alert x:queue:1 closed',
      'alert x:queue:2 opened',
    ]);
    expect(await b.alerts.handOver.adopt(carry, owner(2))).toEqual({ raised: 3, known: 0, kept: true });
    a.alerts.handOver.forget([camera('x')]);
    expect(listed(b)).toEqual(['x:queue:1 closed 2', 'x:queue:2 opened 2']);
    expect(b.alerts.desk.openings(camera('x')).get('queue')).toBe(2);
    expect(b.alerts.handOver.checkpoint(camera('x')).records).toHaveLength(3);
    // Watchers had them at a: only the webhook is still owed.
    expect(b.told).toEqual([]);
    await until('a has let go', () => a.alerts.book.entries().length === 1);
    expect(listed(a)).toEqual(['stays:queue:1 opened 1']);
    expect(a.alerts.desk.openings(camera('x')).get('queue')).toBe(2);
  });

  it('are adopted once, however often they come', async () => {
    const [a, b] = [await start('a'), await start('b')];
    raise(a, 'x');
    await a.alerts.kept();
    const carry = sent(a.alerts.handOver.carry([camera('x')]));
    const adopt = () => b.alerts.handOver.adopt(carry, owner(2));
    expect([await adopt(), await adopt()].map(({ raised, known }) => [raised, known])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    raise(b, 'x', { state: 'closed' }, 2);
    // The end is on its way to the disk: its beginning comes too late.
    expect(await adopt()).toMatchObject({ raised: 0, known: 1 });
  });

  it('are carried while the disk still writes them, and what the old owner has left passes its sinks by', async () => {
    const [a, b] = [await start('a'), await start('b')];
    raise(a, 'x');
    const carry = sent(a.alerts.handOver.carry([camera('x')]));
    a.alerts.handOver.forget([camera('x')]);
    expect(shown(carry.cameras[0]?.records ?? [])).toEqual(['alert x:queue:1 opened']);
    await b.alerts.handOver.adopt(carry, owner(2));
    await until('watchers of b are told', () => b.told.length === 1);
    expect(b.told).toEqual(['x:queue:1 opened 2']);
    await until('a passes it over', () => sinkOf(a, 'live')?.moved === 1);
    expect([a.told, listed(a), sinkOf(a, 'live')?.lost]).toEqual([[], [], 0]);
  });

  it('stay gone over a restart of the old owner, and come back with their camera', async () => {
    const [a, b] = [await start('a'), await start('b')];
    raise(a, 'x');
    await a.alerts.kept();
    await b.alerts.handOver.adopt(sent(a.alerts.handOver.carry([camera('x')])), owner(2));
    a.alerts.handOver.forget([camera('x')]);
    raise(b, 'x', { state: 'closed' }, 2);
    raise(b, 'x', { opening: 2 }, 2);
    await b.alerts.kept();
    await stop(a);
    const again = await start('a');
    expect(listed(again)).toEqual([]);
    expect(again.alerts.status().handOver.undelivered).toBe(0);
    expect(again.alerts.desk.openings(camera('x')).get('queue')).toBe(1);
    await again.alerts.handOver.adopt(sent(b.alerts.handOver.carry([camera('x')])), owner(3));
    b.alerts.handOver.forget([camera('x')]);
    expect(listed(again)).toEqual(['x:queue:1 closed 3', 'x:queue:2 opened 3']);
    expect(again.alerts.status().handOver.undelivered).toBe(3);
    expect(again.alerts.desk.openings(camera('x')).get('queue')).toBe(2);
  });

  it('keep who has seen them', async () => {
    const [a, b] = [await start('a'), await start('b')];
    const { id } = raise(a, 'x');
    await a.alerts.kept();
    a.alerts.desk.acknowledge(id, 'kim');
    await a.alerts.kept();
    const carry = sent(a.alerts.handOver.carry([camera('x')]));
    await b.alerts.handOver.adopt(carry, owner(2));
    expect(b.alerts.book.get(id)?.acknowledged?.who).toBe('kim');
    await stop(b);
    expect((await start('b')).alerts.book.get(id)?.acknowledged?.who).toBe('kim');
  });

  it('are left behind by a node whose cameras were taken over, until their owner has them', async () => {
    const a = await start('a');
    raise(a, 'x');
    raise(a, 'x', { state: 'closed' });
    await until('watchers of a are told', () => a.told.length === 2);
    await stop(a);
    let known = false;
    const again = await start('a', { mayDeliver: () => (known ? 'never' : 'not_now') });
    raise(again, 'x', { opening: 2 });
    await again.alerts.kept();
    known = true;
    await until(
      'all is set aside',
      () => sinkOf(again, 'webhook:nobody')?.fenced === 3 && sinkOf(again, 'live')?.fenced === 1,
    );
    again.alerts.handOver.keepOnly(() => false);
    await until('it lets go', () => again.alerts.book.entries().length === 0);
    // What waits survives another restart.
    await stop(again);
    const third = await start('a', { mayDeliver: () => 'never' });
    const [page] = third.alerts.leftBehind.pages();
    expect([page?.shard, shown(page?.carry.cameras[0]?.records ?? [])]).toEqual([
      3,
      ['alert x:queue:1 opened', 'alert x:queue:1 closed', 'alert x:queue:2 opened'],
    ]);
    const b = await start('b');
    await b.alerts.handOver.adopt(sent(page?.carry ?? { cameras: [] }), owner(2));
    third.alerts.leftBehind.doneWith(page?.positions ?? []);
    await until('watchers of b are told what those of a were not', () => b.told.length === 1);
    expect(b.told).toEqual(['x:queue:2 opened 2']);
    expect(listed(b)).toEqual(['x:queue:1 closed 2', 'x:queue:2 opened 2']);
    expect([third.alerts.leftBehind.pages(), third.alerts.status().handOver.handed]).toEqual([[], 3]);
  });
});
