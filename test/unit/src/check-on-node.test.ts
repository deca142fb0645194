import { describe, expect, it } from 'vitest';
import { type CameraSettingsInput, cameraSettingsSchema } from '../../../config/camera-settings/schema.ts';
import { nodeConfigSchema } from '../../../config/schema.ts';
import { checkOnNode } from '../../../src/check-on-node.ts';

const check = (settings: CameraSettingsInput) =>
  checkOnNode(cameraSettingsSchema.parse(settings), nodeConfigSchema.parse({})).map(({ at }) => at.join('.'));

describe('settings that are in order by themselves', () => {
  it('are taken where this node can do what they ask for', () => {
    expect(check({ retention: { predictionsDays: 90, eventsDays: 7 } })).toEqual([]);
  });

  it('are refused where the ground plane gives no speeds', () => {
    const image: [number, number][] = [
      [0.1, 0.1],
      [0.2, 0.2],
      [0.3, 0.3],
      [0.4, 0.4],
    ];
    const metres: [number, number][] = [
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
    ];
    expect(check({ ground: { image, metres } })).toEqual(['ground']);
  });

  it('are refused where rows are to be kept for longer than the node keeps them', () => {
    expect(check({ retention: { predictionsDays: 91, eventsDays: 31 } })).toEqual([
      'retention.predictionsDays',
      'retention.eventsDays',
    ]);
  });

  it('are refused where frames would come further apart than counts as observed', () => {
    const fps = { min: 0.5, max: 10 };
    expect(check({ fps })).toEqual(['fps.min']);
    expect(check({ fps, coverage: { gapS: 2 } })).toEqual([]);
  });
});
