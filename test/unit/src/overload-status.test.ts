import { describe, expect, it } from 'vitest';
import { ladderOf } from '../../../actors/flow/ladder.ts';
import { FlowView } from '../../../actors/flow-view.ts';
import { overloadStatus } from '../../../src/overload-status.ts';

describe('what a node says of its load', () => {
  it('is its rung and why, and its figures rounded for people', () => {
    const flow = new FlowView(ladderOf([320, 224]), 62.5, 1_000.4);
    flow.rung = 2;
    flow.why = 'because.';
    flow.load = {
      receivedFps: 123.456,
      wantedFps: 200,
      grantedFps: 79.96,
      capacityFps: 80.04,
      satisfaction: 0.72345,
      lateShare: 1 / 3,
      queueDelayMsMax: 62.5,
    };
    expect(overloadStatus('node-1', flow)).toEqual({
      node: 'node-1',
      rung: 2,
      rungs: [
        { kind: 'normal', inputSize: 320 },
        { kind: 'lower_fps', inputSize: 320 },
        { kind: 'smaller_input', inputSize: 224 },
        { kind: 'shed_low', inputSize: 224 },
        { kind: 'refuse_new', inputSize: 224 },
      ],
      sinceAt: 1_000,
      why: 'because.',
      load: {
        receivedFps: 123.5,
        wantedFps: 200,
        grantedFps: 80,
        capacityFps: 80,
        satisfaction: 0.723,
        lateShare: 0.333,
        queueDelayMsMax: 62.5,
      },
    });
  });

  it('survives being sent as JSON on a node that has seen nothing yet', () => {
    const status = overloadStatus('node-1', new FlowView(ladderOf([320]), 25, 0));
    expect(JSON.parse(JSON.stringify(status))).toEqual(status);
  });
});
