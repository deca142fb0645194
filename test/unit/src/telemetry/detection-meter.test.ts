import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../../core/detection.ts';
import { DetectionMeter } from '../../../../src/telemetry/detection-meter.ts';

const found = (label: string, score: number): Detection => ({ label, classId: 0, score, box: [0, 0, 1, 1] });

async function exposed(meter: DetectionMeter): Promise<string[]> {
  const registry = new Registry();
  meter.register(registry);
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('what models find', () => {
  it('is counted by model, class and tenth of the score, the best score in the last tenth', async () => {
    const meter = new DetectionMeter();
    meter.observe('a@1', [found('car', 0.35), found('car', 1), found('bus', 0.3)]);
    meter.observe('b@1', []);
    meter.observe('a@1', [found('car', 0.999)]);
    const lines = await exposed(meter);
    expect(lines).toEqual(
      expect.arrayContaining([
        'camshard_inferred_frames_total{model="a@1"} 2',
        'camshard_inferred_frames_total{model="b@1"} 1',
        'camshard_detections_by_score_total{model="a@1",score="0.3"} 2',
        'camshard_detections_by_score_total{model="a@1",score="0.9"} 2',
        'camshard_detections_by_score_total{model="b@1",score="0.9"} 0',
        'camshard_detections_total{model="a@1",label="car"} 3',
        'camshard_detections_total{model="a@1",label="bus"} 1',
      ]),
    );
  });

  it('stays a bounded number of series, whatever models and classes there are', async () => {
    const meter = new DetectionMeter();
    for (let model = 0; model < 20; model++) {
      for (let i = 0; i < 300; i++) meter.observe(`m@${model}`, [found(`class ${i}`, 0.5)]);
    }
    const lines = await exposed(meter);
    expect(lines.length).toBe(8 * (1 + 10 + 129));
    expect(lines).toContain('camshard_detections_total{model="m@19",label="other"} 172');
    expect(lines.join('\n')).not.toContain('m@11"');
  });
});
