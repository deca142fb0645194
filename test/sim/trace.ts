import type { Effect, Input } from './brain.ts';
import type { SimNode } from './sim-node.ts';
import type { Simulation } from './simulation.ts';

const LINES_MAX = 20_000;
const SHOWN = 300;

/** The last events as text, of those that tell how it came about. A failing seed is run a second time with it. */
export class Trace {
  readonly #sim: Simulation;
  readonly #lines: { readonly text: string; readonly shards: ReadonlySet<number> | 'all' }[] = [];

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  input(node: SimNode, input: Input): void {
    if (input.kind === 'wake' || input.kind === 'info') return;
    const shards = new Set<number>();
    const text = JSON.stringify(input, (key, value: unknown) => brief(key, value, shards));
    this.#add(`${node.id} <- ${text}`, input.kind === 'map-read' || shards.size === 0 ? 'all' : shards);
  }

  effect(node: SimNode, effect: Effect): void {
    if (effect.kind === 'view') return;
    const shards = new Set<number>();
    const text = JSON.stringify(effect, (key, value: unknown) => brief(key, value, shards));
    this.#add(`${node.id} -> ${text}`, shards.size === 0 ? 'all' : shards);
  }

  note(node: SimNode, text: string): void {
    this.#add(`${node.id} ${text}`, 'all');
  }

  text(text: string): void {
    this.#add(text, 'all');
  }

  /** Of that shard, and of no shard in particular. */
  lines(shard: number | undefined): readonly string[] {
    const about = this.#lines.filter(({ shards }) => shard === undefined || shards === 'all' || shards.has(shard));
    return about.slice(-SHOWN).map(({ text }) => text);
  }

  #add(text: string, shards: ReadonlySet<number> | 'all'): void {
    this.#lines.push({ text: `${this.#sim.nowMs.toFixed(1).padStart(10)} ${text.slice(0, 1_500)}`, shards });
    if (this.#lines.length > 2 * LINES_MAX) this.#lines.splice(0, LINES_MAX);
  }
}

/** Without what says nothing: whole maps, member infos, snapshots. Notes the shards on the way. */
function brief(key: string, value: unknown, shards: Set<number>): unknown {
  if (key === 'shard' && typeof value === 'number') shards.add(value);
  if (key === 'snapshot') return '…';
  if (key === 'map' && typeof value === 'object' && value !== null) return `v${(value as { version: number }).version}`;
  if (key === 'members' && Array.isArray(value))
    return value.map((member: unknown) => {
      if (typeof member === 'string') return member;
      const { info, alive } = member as {
        info: { node: string; mapVersion: number; draining: boolean };
        alive: boolean;
      };
      return `${info.node}${alive ? '' : ' dead'}${info.draining ? ' draining' : ''} v${info.mapVersion}`;
    });
  if (key === 'info' && typeof value === 'object' && value !== null) {
    const info = value as { incarnation?: string; mapVersion?: number; draining?: boolean };
    return `${info.incarnation} v${info.mapVersion}${info.draining ? ' draining' : ''}`;
  }
  return value;
}
