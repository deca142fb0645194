/** Who is ahead: the smaller `tag`, and of equal ones the smaller `order`. */
export interface Ranked {
  readonly tag: number;
  readonly order: number;
}

/** A binary min-heap of turns: O(log n) to join and to take the first. Ranks must not change while in here. */
export class TurnHeap<R extends Ranked> {
  readonly #items: R[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: R): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = items[parentAt];
      if (parent === undefined || !ahead(item, parent)) break;
      items[at] = parent;
      at = parentAt;
    }
    items[at] = item;
  }

  pop(): R | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      const childAt = this.#firstChild(at);
      const child = items[childAt];
      if (child === undefined || !ahead(child, last)) break;
      items[at] = child;
      at = childAt;
    }
    items[at] = last;
    return first;
  }

  clear(): void {
    this.#items.length = 0;
  }

  /** Index of the child of `at` that is ahead of the other; past the end where there is none. */
  #firstChild(at: number): number {
    const left = 2 * at + 1;
    const [a, b] = [this.#items[left], this.#items[left + 1]];
    return a !== undefined && b !== undefined && ahead(b, a) ? left + 1 : left;
  }
}

const ahead = (a: Ranked, b: Ranked): boolean => a.tag < b.tag || (a.tag === b.tag && a.order < b.order);
