import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../core/clock.ts';
import { ms } from '../../lib/report.ts';
import { underLoad } from '../load.ts';
import { commonTargets, hard, soft, within } from '../outcome.ts';
import type { Scenario } from './scenario.ts';

const GAP_MS_MAX = 1_000;
const GRACE_MS = 30_000;
/** Past it it hangs, and is killed. */
const END_MS_MAX = 60_000;

interface Restart {
  readonly node: string;
  readonly code: number | null;
  readonly endedMs: number;
  readonly readyMs: number;
  readonly settledMs: number | null;
}

export const rolling: Scenario = {
  name: 'rolling',
  seconds: ({ beforeS, nodes, full }) => beforeS + nodes * (full ? 50 : 35),
  async run(world, o) {
    const { acted, load } = await underLoad(world, o, async () => {
      const restarts: Restart[] = [];
      await sleep(o.beforeS * 1_000);
      for (const node of [...world.nodes]) {
        const { tookMs, code } = await node.terminate(END_MS_MAX);
        const endedAtMs = systemClock.wallMs();
        await node.start();
        const readyAtMs = systemClock.wallMs();
        const settled = await world.settled(o.nodes);
        const settledMs = settled ? systemClock.wallMs() - readyAtMs : null;
        restarts.push({ node: node.id, code, endedMs: tookMs, readyMs: readyAtMs - endedAtMs, settledMs });
      }
      return { restarts, overMs: systemClock.wallMs() };
    });
    const { restarts } = acted;
    const each = (of: (r: Restart) => string): string => restarts.map((r) => `${r.node} ${of(r)}`).join(', ');
    return {
      name: 'rolling',
      what: `SIGTERM of each of ${o.nodes} nodes in turn, each started again before the next`,
      figures: [
        ['SIGTERM until gone', each((r) => ms(r.endedMs))],
        ['exit codes', each((r) => String(r.code))],
        ['started until ready', each((r) => ms(r.readyMs))],
        ['ready until nothing is left to move', each((r) => ms(r.settledMs))],
      ],
      targets: [
        ...commonTargets(load, { alertsLost: false, stateLost: false }),
        hard(
          'every node ends in order',
          restarts.filter(({ code }) => code !== 0).map(({ node, code }) => `${node} with ${code}`),
          { good: 'exit code 0 each' },
        ),
        soft('it is over while load lasts', acted.overMs < load.toMs, ms(acted.overMs - load.fromMs)),
        within('SIGTERM until gone, slowest', Math.max(...restarts.map((r) => r.endedMs)), GRACE_MS),
        within('gap of a moved camera, p99', load.swarm.gaps.moved.p99, GAP_MS_MAX),
        within('largest gap of a camera in the whole run, p99', load.swarm.gaps.largest.p99, GAP_MS_MAX),
      ],
      data: { restarts },
      load,
    };
  },
};
