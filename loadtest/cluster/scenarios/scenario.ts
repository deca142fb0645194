import type { ClusterOptions } from '../options.ts';
import type { ScenarioResult } from '../outcome.ts';
import type { World } from '../world.ts';

/** One way to disturb a cluster under load. */
export interface Scenario {
  readonly name: string;
  /** How long the load has to last for all of it, s. */
  seconds(o: ClusterOptions): number;
  run(world: World, o: ClusterOptions): Promise<ScenarioResult>;
}
