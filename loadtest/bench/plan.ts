/** One run of the bench: who serves which load. */
export interface BenchRun {
  readonly repeat: number;
  readonly subject: 'camshard' | 'baseline' | 'bare-loop';
  /** Frames/s of all cameras together. */
  readonly offeredFps: number;
  readonly credits: 'ignored' | 'obeyed';
}

export interface BenchPlanOptions {
  readonly repeats: number;
  readonly loadsFps: readonly number[];
}

/**
 * Every run in order. The two servers take each load right after one another, and who goes first changes with each
 * pair, so that a machine that grows warm or busy during the hour treats both alike. The bare loop stands beside the
 * highest load, which is also run with credits obeyed.
 */
export function benchPlan(options: BenchPlanOptions): readonly BenchRun[] {
  const runs: BenchRun[] = [];
  const highest = Math.max(...options.loadsFps);
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    options.loadsFps.forEach((offeredFps, i) => {
      const pair = ['camshard', 'baseline'] as const;
      const order = (repeat + i) % 2 === 0 ? pair : pair.toReversed();
      if (offeredFps === highest && repeat % 2 === 0) {
        runs.push({ repeat, subject: 'bare-loop', offeredFps, credits: 'ignored' });
      }
      for (const subject of order) runs.push({ repeat, subject, offeredFps, credits: 'ignored' });
      if (offeredFps === highest && repeat % 2 === 1) {
        runs.push({ repeat, subject: 'bare-loop', offeredFps, credits: 'ignored' });
      }
    });
    runs.push({ repeat, subject: 'camshard', offeredFps: highest, credits: 'obeyed' });
  }
  return runs;
}
