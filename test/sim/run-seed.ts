import { rendezvousAllocation } from '../../shards/rendezvous-allocation.ts';
import type { BrainFactory } from './brain.ts';
import type { SimOptions } from './options.ts';
import { productionBrain } from './production.ts';
import { type SimResult, Simulation } from './simulation.ts';

/** One seed. A failing one is run a second time, to the same step, for what led to it. */
export function runSeed(options: SimOptions, newBrain: BrainFactory = productionBrain): SimResult {
  const result = new Simulation(options, newBrain, rendezvousAllocation).run();
  if (result.failure === undefined || options.trace) return result;
  return new Simulation({ ...options, trace: true }, newBrain, rendezvousAllocation).run();
}

/** A failure as text: what broke, what led to it, and the command that shows it again. */
export function failureText(result: SimResult, options: SimOptions): string {
  const { failure, seed, steps, simulatedMs } = result;
  if (failure === undefined) return `seed ${seed}: nothing broken`;
  return [
    ...failure.trace,
    '',
    `seed ${seed}, step ${steps}, ${(simulatedMs / 1_000).toFixed(3)} s: ${failure.message}`,
    ...(failure.invariant === 'nothing throws' ? [failure.stack] : []),
    `again: node dist/loadtest/sim/main.js ${flagsOf(options)}`,
  ].join('\n');
}

function flagsOf(options: SimOptions): string {
  const flags = [`--seed ${options.seed}`, `--steps ${options.steps}`];
  if (options.nodes !== undefined) flags.push(`--nodes ${options.nodes}`);
  if (options.faults !== undefined) flags.push(`--faults ${options.faults.join(',') || 'none'}`);
  if (options.without !== undefined) flags.push(`--without ${options.without.join(',')}`);
  flags.push(`--shards ${options.shards}`, `--cameras ${options.camerasPerShard}`, `--fps ${options.fps}`);
  return flags.join(' ');
}
