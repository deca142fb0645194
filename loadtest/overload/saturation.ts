import { measureLoad } from '../lib/measure.ts';
import { SAME_WORK } from '../lib/servers.ts';
import { round } from '../lib/statistics.ts';

/** One load that was tried. */
export interface LoadStep {
  /** Frames/s of all cameras together. */
  readonly offeredFps: number;
  /** Of the frames sent, those that got a result, 0..1. */
  readonly answeredShare: number;
}

/** A load is served where so many of its frames get a result. */
export const ANSWERED_MIN = 0.99;
const STEP = 1.15;
/** The search ends where the lowest load that is not served is this close above the highest that is. */
const CLOSE = 1.04;
const STEPS_MAX = 24;

const served = (step: LoadStep): boolean => step.answeredShare >= ANSWERED_MIN;

/** The highest load served below every load that was not; undefined where none was. */
export function saturationOf(steps: readonly LoadStep[]): number | undefined {
  const failed = Math.min(...steps.filter((s) => !served(s)).map((s) => s.offeredFps));
  const good = steps.filter((s) => served(s) && s.offeredFps < failed).map((s) => s.offeredFps);
  return good.length === 0 ? undefined : Math.max(...good);
}

/** The load to try next, rising until one is not served and then in between; undefined where it is found. */
export function nextLoad(steps: readonly LoadStep[], fromFps: number): number | undefined {
  if (steps.length === 0) return fromFps;
  if (steps.length >= STEPS_MAX) return undefined;
  const good = saturationOf(steps);
  const failed = Math.min(...steps.filter((s) => !served(s)).map((s) => s.offeredFps));
  if (good === undefined) return round(failed / STEP, 1);
  if (failed === Number.POSITIVE_INFINITY) return round(good * STEP, 1);
  return failed / good <= CLOSE ? undefined : round(Math.sqrt(failed * good), 1);
}

export interface SaturationSearch {
  readonly fromFps: number;
  readonly cameras: number;
  readonly seconds: number;
  readonly frames: string;
  /** Devices and the like; frames are analysed all, at one size, whatever it says. */
  readonly config?: Parameters<typeof measureLoad>[0]['config'];
  readonly onStep?: (step: LoadStep) => void;
}

/**
 * Finds the load, frames/s of all cameras, that a node by itself just serves, every frame at the model's own size.
 * @throws Error where it serves none
 */
export async function findSaturation(search: SaturationSearch): Promise<{ fps: number; steps: readonly LoadStep[] }> {
  const steps: LoadStep[] = [];
  for (;;) {
    const offeredFps = nextLoad(steps, search.fromFps);
    if (offeredFps === undefined) break;
    const { swarm } = await measureLoad({
      config: { ...search.config, ...SAME_WORK },
      cameras: search.cameras,
      fps: offeredFps / search.cameras,
      seconds: search.seconds,
      warmupSeconds: 3,
      frames: search.frames,
      flags: ['--ignore-credits'],
    });
    const step = { offeredFps, answeredShare: round(swarm.window.resultsOfThem / swarm.window.sent, 4) };
    steps.push(step);
    search.onStep?.(step);
  }
  const fps = saturationOf(steps);
  if (fps === undefined) throw new Error(`no load was served: ${JSON.stringify(steps)}`);
  return { fps, steps };
}
