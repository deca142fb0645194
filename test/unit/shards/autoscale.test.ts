import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AUTOSCALE_START,
  type AutoscaleObservation,
  type AutoscaleSettings,
  type AutoscaleSignal,
  type AutoscaleState,
  autoscale,
} from '../../../shards/autoscale.ts';

const SETTINGS: AutoscaleSettings = {
  utilisationTarget: 0.7,
  busyShare: 0.9,
  busyS: 600,
  latencyMs: 90,
  latencyS: 300,
  queueDepth: 600,
  quietS: 300,
};

const START_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;

type NodeSeen = AutoscaleObservation['nodes'][number];

/** `count` nodes of 100 frames/s each that share the demand. */
const nodesOf = (count: number, demandFps: number, more: Partial<NodeSeen> = {}): AutoscaleObservation => ({
  cluster: 'test',
  nodes: Array.from({ length: count }, (_, i) => ({
    node: `node-${i}`,
    demandFps: demandFps / count,
    capacityFps: 100,
    deviceBusyShare: 0.5,
    latencyP99Ms: 40,
    queueDepth: 0,
    ...more,
  })),
});

class Run {
  state: AutoscaleState = AUTOSCALE_START;
  nowMs = START_MS;

  /** Observes the same each 10 s for so long. @returns the last signal */
  for(minutes: number, observation: AutoscaleObservation): AutoscaleSignal {
    let signal = this.once(observation);
    for (const endMs = this.nowMs + minutes * MINUTE_MS; this.nowMs < endMs; ) {
      this.nowMs += 10_000;
      signal = this.once(observation);
    }
    return signal;
  }

  once(observation: AutoscaleObservation): AutoscaleSignal {
    const decided = autoscale(this.state, observation, SETTINGS, this.nowMs);
    this.state = decided.state;
    return decided.signal;
  }
}

describe('the signal for an autoscaler', () => {
  it('holds where demand is about what the nodes are planned for', () => {
    for (const demandFps of [255, 280, 305])
      expect(new Run().for(30, nodesOf(4, demandFps))).toMatchObject({ desiredNodes: 4, recommendation: 'hold' });
  });

  it('asks at once for as many nodes as the demand needs', () => {
    expect(new Run().once(nodesOf(2, 500))).toMatchObject({
      desiredNodes: 8,
      recommendation: 'scale_up',
      utilisation: 2.5,
      triggers: [],
    });
  });

  it('asks for one more when devices were busy over 90 % for 10 minutes, and not before', () => {
    const run = new Run();
    const busy = nodesOf(3, 210, { deviceBusyShare: 0.95 });
    expect(run.for(9.8, busy).recommendation).toBe('hold');
    expect(run.for(0.2, busy)).toMatchObject({
      desiredNodes: 4,
      recommendation: 'scale_up',
      triggers: [{ name: 'gpu_busy', sinceMs: START_MS }],
    });
  });

  it('begins to count anew after one look below the threshold', () => {
    const run = new Run();
    run.for(9, nodesOf(3, 210, { deviceBusyShare: 0.95 }));
    run.once(nodesOf(3, 210, { deviceBusyShare: 0.89 }));
    expect(run.for(9, nodesOf(3, 210, { deviceBusyShare: 0.95 })).triggers).toEqual([]);
  });

  it('asks for one more when the slowest node’s p99 was over 90 ms for 5 minutes', () => {
    const run = new Run();
    const slow = nodesOf(3, 210);
    const observation = {
      ...slow,
      nodes: slow.nodes.map((node, i) => ({ ...node, latencyP99Ms: i === 1 ? 120 : 30 })),
    };
    expect(run.for(4.8, observation).recommendation).toBe('hold');
    expect(run.for(0.2, observation)).toMatchObject({
      desiredNodes: 4,
      triggers: [{ name: 'latency_p99', value: 120 }],
    });
  });

  it('asks for one more as soon as over 600 frames wait in all', () => {
    expect(new Run().once(nodesOf(3, 210, { queueDepth: 200 })).recommendation).toBe('hold');
    expect(new Run().once(nodesOf(3, 210, { queueDepth: 201 }))).toMatchObject({
      desiredNodes: 4,
      triggers: [{ name: 'queue_depth', value: 603 }],
    });
  });

  it('keeps a trigger on until its value is well below the threshold', () => {
    const run = new Run();
    run.once(nodesOf(1, 70, { queueDepth: 700 }));
    expect(run.once(nodesOf(1, 70, { queueDepth: 560 })).triggers).toHaveLength(1);
    expect(run.once(nodesOf(1, 70, { queueDepth: 540 })).triggers).toEqual([]);
    expect(run.once(nodesOf(1, 70, { queueDepth: 560 })).triggers).toEqual([]);
  });

  it('gives a node that joined its time before it asks for yet another', () => {
    const run = new Run();
    expect(run.for(10, nodesOf(3, 210, { deviceBusyShare: 0.95 })).desiredNodes).toBe(4);
    const joined = nodesOf(4, 280, { deviceBusyShare: 0.95 });
    expect(run.for(9.8, joined).desiredNodes).toBe(4);
    expect(run.for(0.2, joined).desiredNodes).toBe(5);
  });

  it('could do with fewer only after 5 quiet minutes', () => {
    const run = new Run();
    const quiet = nodesOf(6, 100);
    expect(run.for(4.8, quiet)).toMatchObject({ desiredNodes: 6, recommendation: 'hold', triggers: [] });
    expect(run.for(0.2, quiet)).toMatchObject({
      desiredNodes: 2,
      recommendation: 'scale_down',
      triggers: [{ name: 'quiet', sinceMs: START_MS }],
    });
  });

  it('goes down no further than what was wanted at any time in those 5 minutes', () => {
    const run = new Run();
    run.for(4, nodesOf(6, 240));
    expect(run.for(4, nodesOf(6, 100)).desiredNodes).toBe(4);
    expect(run.for(2, nodesOf(6, 100)).desiredNodes).toBe(2);
  });

  it('is never below one node, and changes nothing where no capacity is known', () => {
    expect(new Run().for(20, nodesOf(3, 0)).desiredNodes).toBe(1);
    expect(new Run().for(20, nodesOf(1, 0))).toMatchObject({ desiredNodes: 1, recommendation: 'hold' });
    expect(new Run().for(20, nodesOf(3, 300, { capacityFps: 0 }))).toMatchObject({ desiredNodes: 3, utilisation: 0 });
    expect(new Run().once({ cluster: 'test', nodes: [] })).toMatchObject({ nodes: 0, desiredNodes: 1 });
  });

  it('does not flap where demand swings by 10 % around what the nodes are planned for', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.91, max: 1.09, noNaN: true }), { minLength: 100 }), (swings) => {
        const run = new Run();
        for (const swing of swings) expect(run.for(0.5, nodesOf(5, 350 * swing)).recommendation).toBe('hold');
      }),
      { numRuns: 10, seed: 1 },
    );
  });

  it('survives a wall clock that is set back', () => {
    const run = new Run();
    run.for(4, nodesOf(6, 100));
    run.nowMs -= 60 * MINUTE_MS;
    expect(run.for(5, nodesOf(6, 100)).recommendation).toBe('scale_down');
  });

  it('remembers no more than one entry per number of nodes', () => {
    const run = new Run();
    for (let demand = 600; demand > 0; demand -= 1) run.once(nodesOf(9, demand));
    expect(run.state.wanted.length).toBeLessThanOrEqual(9);
  });
});
