import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../core/clock.ts';
import { ms } from '../../lib/report.ts';
import { underLoad } from '../load.ts';
import { commonTargets, soft, timesText } from '../outcome.ts';
import { servedPerS, timesOf } from '../served.ts';
import type { Scenario } from './scenario.ts';

const FULL_S = 60;
const SHORT_S = 20;
const SERVED_SHARE_MIN = 0.95;

const lengthOf = ({ outageS, full }: { readonly outageS: number | undefined; readonly full: boolean }): number =>
  outageS ?? (full ? FULL_S : SHORT_S);

export const redisStop: Scenario = {
  name: 'redis-stop',
  seconds: (o) => o.beforeS + lengthOf(o) + 30,
  async run(world, o) {
    const { servers } = world.redis;
    const { acted, load } = await underLoad(world, o, async () => {
      await sleep(o.beforeS * 1_000);
      const goneMs = systemClock.wallMs();
      if (o.how === 'freeze') for (const server of servers) server.freeze();
      else await Promise.all(servers.map((server) => server.kill()));
      await sleep(Math.max(0, goneMs + lengthOf(o) * 1_000 - systemClock.wallMs()));
      if (o.how === 'freeze') for (const server of servers) server.thaw();
      else await Promise.all(servers.map((server) => server.start()));
      await world.redis.ready();
      const backMs = systemClock.wallMs();
      const settled = await world.settled(o.nodes);
      return { goneMs, backMs, settled, settledMs: systemClock.wallMs() };
    });
    const { goneMs, backMs } = acted;
    const before = servedPerS(load.answers, load.fromMs + 2_000, goneMs);
    const during = servedPerS(load.answers, goneMs, backMs);
    const after = servedPerS(load.answers, backMs, Math.min(load.toMs, load.fromMs + o.seconds * 1_000));
    const firsts = new Map<string, (typeof load.stream)[number]>();
    for (const event of load.stream) if (!firsts.has(event.id)) firsts.set(event.id, event);
    const waited = [...firsts.values()].filter(({ atMs, takenMs }) => atMs < backMs && takenMs >= backMs);
    const looks = world.watch.looks.filter(({ atMs }) => atMs >= goneMs && atMs < backMs);
    const unheld = looks.filter(({ leaseHeld }) => !leaseHeld).length;
    const islandedAt = looks.find(({ islanded }) => islanded)?.atMs;
    return {
      name: 'redis-stop',
      what: `all six of Redis ${o.how === 'freeze' ? 'frozen' : 'killed, and started again with their data,'} for ${Math.round((backMs - goneMs) / 1_000)} s, ${o.nodes} nodes`,
      figures: [
        [
          'frames served per second before / during / after',
          `${before.mean} / ${during.mean} / ${after.mean}; least second ${before.least} / ${during.least} / ${after.least}`,
        ],
        ['first seen islanded after', islandedAt === undefined ? 'never' : ms(islandedAt - goneMs)],
        ['looks at nodes without the right to serve', `${unheld} of ${looks.length}`],
        [
          'alerts that waited for Redis',
          `${waited.length}, the last ${ms(Math.max(0, ...waited.map((e) => e.takenMs - backMs)))} after its return`,
        ],
        ['time they waited, p50 / p99 / max', timesText(timesOf(waited.map((e) => e.takenMs - e.atMs)))],
        ['settled after the return', acted.settled ? ms(acted.settledMs - backMs) : 'never'],
      ],
      targets: [
        ...commonTargets(load, { alertsLost: false, stateLost: false }),
        soft(
          `at least ${SERVED_SHARE_MIN * 100} % as many frames are served during it`,
          during.mean >= SERVED_SHARE_MIN * before.mean,
          `${during.mean} of ${before.mean} per second`,
        ),
        soft('alerts waited, and came', waited.length > 0 && load.alertsWaiting === 0, `${waited.length} waited`),
        soft('each alert is delivered exactly once', load.alerts.copies === 0, `${load.alerts.copies} copies`),
      ],
      data: { ...acted, before, during, after, waited: waited.length },
      load,
    };
  },
};
