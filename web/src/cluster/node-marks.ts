/** Colours and patterns there are: `--node-0` to `--node-7` of the style sheet, and `patterns` of node-patterns.tsx. */
export const COLOURS = 8;
export const PATTERNS = 8;

/** What a node is told apart by: never by colour alone. */
export interface NodeMark {
  /** Names the fill: `url(#node-mark-SLOT)`. */
  readonly slot: number;
  readonly colour: number;
  readonly pattern: number;
}

/** The first 64 nodes each have a pair of colour and pattern of their own; the first eight differ in both. */
export function markOf(slot: number): NodeMark {
  const colour = slot % COLOURS;
  return { slot, colour, pattern: (colour + Math.floor(slot / COLOURS)) % PATTERNS };
}

/** A node keeps its mark for as long as the page is open, whoever comes and goes. */
export class NodeMarks {
  readonly #slots = new Map<string, number>();

  /** Gives marks to those that have none yet, by name. */
  meet(nodes: Iterable<string>): void {
    for (const node of [...nodes].sort()) if (!this.#slots.has(node)) this.#slots.set(node, this.#slots.size);
  }

  of(node: string): NodeMark {
    this.meet([node]);
    return markOf(this.#slots.get(node) ?? 0);
  }

  get count(): number {
    return this.#slots.size;
  }
}
