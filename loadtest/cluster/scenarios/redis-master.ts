import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../core/clock.ts';
import type { RoundStatus } from '../../../src/jobs/port.ts';
import { ms } from '../../lib/report.ts';
import { readCluster, readRounds } from '../cluster-api.ts';
import { underLoad } from '../load.ts';
import type { ClusterNode } from '../node-process.ts';
import { commonTargets, soft } from '../outcome.ts';
import { CLUSTER, type World } from '../world.ts';
import type { Scenario } from './scenario.ts';

const BEGUN_MS_MAX = 40_000;
const BACK_AFTER_MS = 15_000;

/** @param tag whose master is killed: the one of leases and map, or of the jobs */
export function redisMaster(tag: 'map' | 'jobs'): Scenario {
  return {
    name: `redis-master-${tag}`,
    seconds: ({ beforeS }) => beforeS + 60,
    async run(world, o) {
      const key = tag === 'map' ? `{${CLUSTER}}` : `{${CLUSTER}:jobs}`;
      const { acted, load } = await underLoad(world, o, async () => {
        await sleep(o.beforeS * 1_000);
        const node = await world.join();
        const begun = await roundBegun(world);
        const master = await world.redis.masterOf(key);
        const killedMs = systemClock.wallMs();
        await master.kill();
        await world.redis.otherMasterOf(key, master);
        const otherMs = systemClock.wallMs();
        const settling = world.settled(o.nodes + 1);
        await Promise.race([settling, sleep(BACK_AFTER_MS)]);
        await master.start();
        const settled = await settling;
        const settledMs = systemClock.wallMs();
        const rounds = await roundsEnded(node);
        const roundsMs = systemClock.wallMs();
        return { begun, killedMs, otherMs, settled, settledMs, rounds, roundsMs };
      });
      const { rounds, killedMs } = acted;
      const open = rounds.filter(({ state }) => state === 'waiting' || state === 'active');
      const failed = rounds.filter(({ state }) => state === 'failed');
      const moves = rounds.flatMap((round) => round.moves);
      const looks = world.watch.looks.filter(({ atMs }) => atMs >= killedMs);
      return {
        name: `redis-master-${tag}`,
        what: `kill -9 of the Redis master of \`${key}\` during the rebalance for a node that joins ${o.nodes}`,
        figures: [
          ['a round was under way', acted.begun ? 'yes' : 'no: the kill came beside one'],
          ['another master after', ms(acted.otherMs - killedMs)],
          ['nothing left to move after', acted.settled ? ms(acted.settledMs - killedMs) : 'never'],
          [
            'rounds',
            `${rounds.length} (${rounds.map(({ state }) => state).join(', ')}), ${moves.length} moves, ` +
              `${moves.filter((m) => m.attempts > 1).length} tried again, ${moves.filter((m) => m.state === 'failed').length} failed`,
          ],
          ['every round ended after', open.length === 0 ? ms(acted.roundsMs - killedMs) : 'never'],
          ['why moves failed', errorsOf(moves)],
          [
            'nodes meanwhile',
            `${looks.filter((l) => !l.leaseHeld).length} of ${looks.length} looks without a lease, ${looks.filter((l) => l.islanded).length} islanded`,
          ],
        ],
        targets: [
          ...commonTargets(load, { alertsLost: false, stateLost: false }),
          soft('the kill fell into a round', acted.begun, acted.begun ? 'yes' : 'no'),
          soft('no move of a round failed', failed.length === 0, `${failed.length} rounds`),
          {
            ...soft(
              'the round completes',
              acted.settled && open.length === 0,
              `${open.length} open, ${failed.length} failed`,
            ),
            hard: true,
          },
        ],
        data: { ...acted, rounds },
        load,
      };
    },
  };
}

const ENDED_MS_MAX = 60_000;

/** The rounds, once none is under way any more, or as they are after a minute. */
async function roundsEnded({ httpUrl }: ClusterNode): Promise<readonly RoundStatus[]> {
  const untilMs = systemClock.nowMs() + ENDED_MS_MAX;
  for (;;) {
    const rounds = await readRounds(httpUrl);
    const open = rounds?.some(({ state }) => state === 'waiting' || state === 'active');
    if (open === false || systemClock.nowMs() > untilMs) return rounds ?? [];
    await sleep(200);
  }
}

function errorsOf(moves: RoundStatus['moves']): string {
  const errors = new Map<string, number>();
  for (const { state, error } of moves) {
    if (state !== 'failed') continue;
    const text = (error ?? 'not said').replace(/\d+/g, 'N');
    errors.set(text, (errors.get(text) ?? 0) + 1);
  }
  return [...errors].map(([text, n]) => `${n}x ${text}`).join('; ') || 'none failed';
}

async function roundBegun(world: World): Promise<boolean> {
  const untilMs = systemClock.nowMs() + BEGUN_MS_MAX;
  while (systemClock.nowMs() < untilMs) {
    const seen = await readCluster(world.asked().httpUrl);
    if (seen !== undefined && seen.moves.length > 0) return true;
    await sleep(10);
  }
  return false;
}
