import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../core/clock.ts';
import { ms } from '../../lib/report.ts';
import { readCameras } from '../cluster-api.ts';
import { underLoad } from '../load.ts';
import { commonTargets, hard, timesText, within } from '../outcome.ts';
import { servedAgain } from '../served.ts';
import { pickNode } from './pick-node.ts';
import type { Scenario } from './scenario.ts';

const SERVED_MS_MAX = 5_000;

export const kill: Scenario = {
  name: 'kill',
  seconds: ({ beforeS }) => beforeS + 25,
  async run(world, o) {
    const { acted, load } = await underLoad(world, o, async () => {
      await sleep(o.beforeS * 1_000);
      const victim = await pickNode(world, o.victim);
      const before = await readCameras(world.asked().httpUrl);
      const killedMs = systemClock.wallMs();
      await victim.kill();
      const settled = await world.settled(o.nodes - 1);
      const settledMs = systemClock.wallMs();
      return { victim: victim.id, before, killedMs, settled, settledMs };
    });
    const { victim, before, killedMs } = acted;
    const all = [...before.values()];
    const served = all.filter(({ node }) => node === victim).map(({ camera }) => camera);
    const touched = all.filter(({ node, via }) => node !== victim && via === victim).map(({ camera }) => camera);
    const again = servedAgain(load.answers, served, killedMs);
    const others = servedAgain(load.answers, touched, killedMs);
    const dead = load.events.find(
      ({ kind, at, data }) =>
        kind === 'node_dead' && at >= killedMs && (data.node === victim || data.node === undefined),
    );
    const { ledger } = load.swarm;
    return {
      name: 'kill',
      what: `kill -9 of ${victim} (${o.victim}) for good, one of ${o.nodes}`,
      figures: [
        ['its cameras', `${served.length} served there, ${touched.length} more only connected there`],
        ['declared dead after', dead === undefined ? '-' : ms(dead.at - killedMs)],
        [
          `served elsewhere after, p50 / p99 / max, frame interval of ${ms(1_000 / o.fps)} included`,
          timesText(again.times),
        ],
        ['those only connected there, served again after', timesText(others.times)],
        ['settled after', acted.settled ? ms(acted.settledMs - killedMs) : 'never'],
      ],
      targets: [
        ...commonTargets(load, { alertsLost: true, stateLost: true }),
        hard('each of its cameras is served again', [...again.never, ...others.never], {
          good: `${served.length + touched.length} cameras`,
        }),
        hard(
          'no more is unknown than was under way when connections broke',
          ledger !== null && ledger.unaccounted > load.swarm.cutOff
            ? [`${ledger.unaccounted} frames are in no ledger, ${load.swarm.cutOff} were under way`]
            : [],
          {
            good: `${ledger?.unaccounted ?? 0} unknown, ${load.swarm.cutOff} under way, ${ledger?.lostToDeath ?? 0} lost(node_death)`,
          },
        ),
        within('its cameras are served elsewhere, p99', again.times.p99, SERVED_MS_MAX),
      ],
      data: { victim, killedMs, served: served.length, again, others, deadAfterMs: dead && dead.at - killedMs },
      load,
    };
  },
};
