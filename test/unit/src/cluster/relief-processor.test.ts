import { describe, expect, it } from 'vitest';
import { nodeId } from '../../../../core/ids.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import type { ClusterView } from '../../../../shards/cluster/brain-io.ts';
import { localMap } from '../../../../shards/cluster/cluster-map.ts';
import { reliefProcessor } from '../../../../src/cluster/relief-processor.ts';
import type { RoundRequest, RoundStatus } from '../../../../src/jobs/port.ts';

const MINUTE_MS = 60_000;
const A = nodeId('a');

function bench(bFps = 100) {
  const clock = new ManualClock();
  const submitted: (RoundRequest & { readonly submittedAt: number })[] = [];
  const info = (node: string, demandFps: number) => ({
    node: nodeId(node),
    incarnation: 'x',
    advertiseUrl: null,
    linkUrl: `ws://${node}`,
    version: '1.0.0',
    startedAt: 0,
    draining: false,
    capacityFps: 100,
    demandFps,
    cameras: 0,
    rung: 0,
    mapVersion: 0,
  });
  const view: ClusterView = {
    map: { ...localMap(A, 20), members: [A, nodeId('b')] },
    members: [
      { info: info('a', 200), alive: true },
      { info: info('b', bFps), alive: true },
    ],
    coordinator: A,
    coordinates: true,
  };
  const relieve = reliefProcessor({
    view: () => view,
    clock,
    movesPerRound: 32,
    jobs: {
      submitRound: async (round) => {
        if (submitted.every(({ id }) => id !== round.id)) submitted.push({ ...round, submittedAt: clock.wallMs() });
      },
      rounds: async (limit) =>
        submitted.slice(-limit).map((round): RoundStatus => ({ ...round, state: 'completed', moves: [] })),
    },
  });
  return { clock, submitted, relieve };
}

describe('the processor of a relief', () => {
  it('takes a fifth of the shards off the node, as a round that says for whom and why', async () => {
    const { relieve, submitted } = bench(0);
    await relieve({ node: 'a', why: 'breaker of gpu-0 is open' });
    expect(submitted).toMatchObject([{ why: 'breaker of gpu-0 is open', who: 'relief of a' }]);
    expect(submitted[0]?.moves).toHaveLength(4);
    expect(submitted[0]?.moves.every(({ from, to, why }) => from === 'a' && to === 'b' && why === 'relieve')).toBe(
      true,
    );
  });

  it('does not relieve the same node again within 5 minutes', async () => {
    const { relieve, submitted, clock } = bench(0);
    for (let minute = 0; minute < 12; minute++) {
      await relieve({ node: 'a', why: 'last rung' });
      clock.advance(MINUTE_MS);
    }
    expect(submitted).toHaveLength(3);
    expect(new Set(submitted.map(({ id }) => id)).size).toBe(3);
  });

  it('submits nothing where no other node is less used', async () => {
    const { relieve, submitted } = bench(250);
    await relieve({ node: 'a', why: 'last rung' });
    await relieve({ node: 'nobody', why: 'last rung' });
    expect(submitted).toEqual([]);
  });
});
