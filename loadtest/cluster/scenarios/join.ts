import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../core/clock.ts';
import { ms, percent } from '../../lib/report.ts';
import { readCameras } from '../cluster-api.ts';
import { underLoad } from '../load.ts';
import { commonTargets, soft, within } from '../outcome.ts';
import type { Scenario } from './scenario.ts';

const GAP_MS_MAX = 1_000;
/** Of the share that a fair division gives. */
const SHARE_FACTOR_MAX = 1.5;

export const join: Scenario = {
  name: 'join',
  seconds: ({ beforeS }) => beforeS + 50,
  async run(world, o) {
    const { acted, load } = await underLoad(world, o, async () => {
      await sleep(o.beforeS * 1_000);
      const before = await readCameras(world.asked().httpUrl);
      const startedMs = systemClock.wallMs();
      const node = await world.join();
      const readyMs = systemClock.wallMs();
      const settled = await world.settled(o.nodes + 1);
      const settledMs = systemClock.wallMs();
      const after = await readCameras(node.httpUrl);
      return { before, after, node: node.id, startedMs, readyMs, settledMs, settled };
    });
    const { before, after, node } = acted;
    const moved = [...after.values()].filter((c) => before.get(c.camera)?.node !== c.node);
    const toNew = moved.filter((c) => c.node === node);
    const fair = 1 / (o.nodes + 1);
    const share = moved.length / after.size;
    return {
      name: 'join',
      what: `a node joins ${o.nodes} others`,
      figures: [
        [
          'cameras that moved',
          `${moved.length} of ${after.size} (${percent(share)}; a fair share is ${percent(fair)}), ${moved.length - toNew.length} of them between the others`,
        ],
        ['start of the node until ready', ms(acted.readyMs - acted.startedMs)],
        ['ready until nothing is left to move', acted.settled ? ms(acted.settledMs - acted.readyMs) : 'never'],
      ],
      targets: [
        ...commonTargets(load, { alertsLost: false, stateLost: false }),
        soft('it is over while load lasts', acted.settled && acted.settledMs < load.toMs, acted.settled ? 'yes' : 'no'),
        soft(
          `at most ${SHARE_FACTOR_MAX} fair shares of the cameras move`,
          share <= SHARE_FACTOR_MAX * fair && toNew.length > 0,
          percent(share),
        ),
        within('gap of a moved camera, p99', load.swarm.gaps.moved.p99, GAP_MS_MAX),
      ],
      data: { moved: moved.length, toNew: toNew.length, cameras: after.size, share, ...timesOnly(acted) },
      load,
    };
  },
};

function timesOnly({
  startedMs,
  readyMs,
  settledMs,
  settled,
}: {
  startedMs: number;
  readyMs: number;
  settledMs: number;
  settled: boolean;
}) {
  return { startedMs, readyMs, settledMs, settled };
}
