import { describe, expect, it } from 'vitest';
import { sceneArt, sceneNames } from '../../../src/demo/art.ts';
import { halting, steady } from '../../../src/demo/motion.ts';
import { traffic } from '../../../src/demo/traffic.ts';

describe.each(sceneNames)('traffic of %s', (name) => {
  it('keeps a distance between any two on one path', () => {
    const art = sceneArt(name);
    for (const flow of traffic[name].flows) {
      const path = art.paths[flow.path];
      if (path === undefined) throw new Error(`no path ${flow.path}`);
      const lengthM = Math.hypot(path.to[0] - path.from[0], path.to[1] - path.from[1]);
      const kinds = path.models.map((model) => model.kind);
      const own = (model: number): number =>
        ({ bus: 10.8, truck: 7.6, sedan: 4.6, suv: 4.7, hatch: 4 })[kinds[model] as string] ?? 0.4;
      for (let t = 0; t < 200; t += 0.5) {
        const movers = flow
          .moversAt(t, { seed: 3, lengthM, kinds })
          .map((mover) => ({ at: mover.motion(t), half: own(mover.model) / 2 }))
          .filter(({ at }) => at >= 0 && at <= lengthM)
          .sort((a, b) => a.at - b.at);
        for (let i = 1; i < movers.length; i += 1) {
          const [a, b] = [movers[i - 1], movers[i]];
          if (a === undefined || b === undefined) continue;
          expect(b.at - a.at, `${flow.path} at ${t} s`).toBeGreaterThan(a.half + b.half);
        }
      }
    }
  });
});

describe('motion', () => {
  it('stands still between arriving and leaving, and never jumps or turns back', () => {
    const motion = halting(40, 10, 18, 9);
    expect(motion(10)).toBe(40);
    expect(motion(18)).toBe(40);
    for (let t = 0; t < 30; t += 0.05) {
      const step = motion(t + 0.05) - motion(t);
      expect(step).toBeGreaterThanOrEqual(0);
      expect(step).toBeLessThan(0.46);
    }
  });

  it('keeps one speed where nothing stops it', () => {
    const motion = steady(5, 2, 10);
    expect([motion(2), motion(3), motion(0)]).toEqual([5, 15, -15]);
  });
});
