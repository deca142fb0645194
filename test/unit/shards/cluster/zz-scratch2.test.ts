import { it } from 'vitest';
import { runSeed, failureText } from '/work/main/test/sim/run-seed.ts';
import { SIM_DEFAULTS, FAULTS } from '/work/main/test/sim/options.ts';
it('x', { timeout: 100000 }, () => {
  const groups: any[] = [[], ...FAULTS.map((f) => [f]), undefined];
  const end = performance.now() + 40000;
  for (const faults of groups) {
    let fails = 0, n = 0, steps = 0; let first = ''; const t = performance.now();
    for (let seed = 1000; seed <= (faults ? 0 : 40000) && performance.now() < end; seed++) {
      const o: any = { ...SIM_DEFAULTS, seed, steps: 100000, ...(faults ? { faults } : {}) };
      const r = runSeed(o); n++; steps += r.steps;
      if (r.failure) { fails++; first += failureText(r, o).split('\n').slice(-2).join('\n') + '\n'; }
    }
    console.log(faults ? faults.join() || 'none' : 'all', 'fails', fails, '/', n, 'steps/s', (steps / (performance.now() - t) * 1000).toFixed(0), '\n', first);
  }
});
