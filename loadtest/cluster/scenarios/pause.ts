import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../core/clock.ts';
import { ms } from '../../lib/report.ts';
import { readCameras } from '../cluster-api.ts';
import { underLoad } from '../load.ts';
import { commonTargets, hard, soft, timesText } from '../outcome.ts';
import { servedAgain } from '../served.ts';
import { pickNode } from './pick-node.ts';
import type { Scenario } from './scenario.ts';

const PAUSE_S = 10;

export const pause: Scenario = {
  name: 'pause',
  seconds: (o) => o.beforeS + (o.outageS ?? PAUSE_S) + 25,
  async run(world, asked) {
    // Only cameras that go on sending fill the sockets of who stands still.
    const o = { ...asked, ignoreCredits: true };
    const { acted, load } = await underLoad(world, o, async () => {
      await sleep(o.beforeS * 1_000);
      const victim = await pickNode(world, o.victim);
      const before = await readCameras(world.asked().httpUrl);
      const frozenMs = systemClock.wallMs();
      victim.freeze();
      await sleep((o.outageS ?? PAUSE_S) * 1_000);
      victim.thaw();
      const thawedMs = systemClock.wallMs();
      const settled = await world.settled(o.nodes);
      return { victim, before, frozenMs, thawedMs, settled, settledMs: systemClock.wallMs() };
    });
    const { victim, before, frozenMs, thawedMs } = acted;
    const all = [...before.values()].filter(({ node }) => node === victim.id);
    const elsewhere = all.filter(({ via }) => via !== victim.id).map(({ camera }) => camera);
    const there = all.filter(({ via }) => via === victim.id).map(({ camera }) => camera);
    const shards = new Set(all.map(({ shard }) => shard));
    // What it had raised under the epochs it lost: none may have come after somebody else's of a later epoch.
    const late = load.stream.filter((e) => e.node === victim.id && shards.has(e.shard) && e.takenMs >= thawedMs);
    const looks = world.watch.looks.filter((look) => look.node === victim.id && look.atMs >= thawedMs);
    const first = looks[0];
    return {
      name: 'pause',
      what: `SIGSTOP of ${victim.id} (${o.victim}) for ${(thawedMs - frozenMs) / 1_000} s, one of ${o.nodes}`,
      figures: [
        ['its cameras', `${there.length} connected there, ${elsewhere.length} connected elsewhere`],
        [
          'connected there: served again after, p50 / p99 / max',
          timesText(servedAgain(load.answers, there, frozenMs).times),
        ],
        ['connected elsewhere', timesText(servedAgain(load.answers, elsewhere, frozenMs).times)],
        ['alerts of its own on the stream after SIGCONT', `${late.length}, refused for their epoch ${load.fenced}`],
        [
          'first look at it after SIGCONT',
          first === undefined
            ? '-'
            : `${ms(first.atMs - thawedMs)} after it, lease ${first.leaseHeld ? 'held' : 'not held'}`,
        ],
        ['settled after SIGCONT', acted.settled ? ms(acted.settledMs - thawedMs) : 'never'],
      ],
      targets: [
        ...commonTargets(load, { alertsLost: false, stateLost: true }),
        soft('the same process goes on', victim.sameProcess, victim.sameProcess ? 'yes' : 'it was started anew'),
        hard(
          'each of its cameras is served again',
          servedAgain(
            load.answers,
            all.map(({ camera }) => camera),
            thawedMs,
          ).never,
          { good: `${all.length} cameras` },
        ),
      ],
      data: { victim: victim.id, frozenMs, thawedMs, cameras: all.length, late: late.length },
      load,
    };
  },
};
