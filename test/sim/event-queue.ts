/**
 * What happens when, in the simulator: a binary heap over typed arrays. Events of the same instant come out in the
 * order they were put in, so that a seed always runs the same way.
 *
 * An event is a kind, three numbers and an optional object; nothing is allocated for one but room in the arrays.
 */
export class EventQueue {
  #capacity = 1_024;
  #times = new Float64Array(this.#capacity);
  #orders = new Float64Array(this.#capacity);
  #slots = new Int32Array(this.#capacity);
  #kinds = new Int32Array(this.#capacity);
  #as = new Int32Array(this.#capacity);
  #bs = new Int32Array(this.#capacity);
  #cs = new Int32Array(this.#capacity);
  #objects: unknown[] = new Array<unknown>(this.#capacity).fill(undefined);
  readonly #free: number[] = [];
  #used = 0;
  #size = 0;
  #orderLast = 0;

  /** The event {@link pop} took out last. */
  timeMs = 0;
  kind = 0;
  a = 0;
  b = 0;
  c = 0;
  object: unknown = undefined;

  get size(): number {
    return this.#size;
  }

  push(timeMs: number, kind: number, a: number, b: number, c: number, object?: unknown): void {
    if (this.#size === this.#capacity) this.#grow();
    const slot = this.#free.pop() ?? this.#used++;
    this.#kinds[slot] = kind;
    this.#as[slot] = a;
    this.#bs[slot] = b;
    this.#cs[slot] = c;
    this.#objects[slot] = object;
    const order = ++this.#orderLast;
    const times = this.#times;
    const orders = this.#orders;
    const slots = this.#slots;
    let i = this.#size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      // A newer event of the same instant never passes an older one.
      if ((times[parent] as number) <= timeMs) break;
      times[i] = times[parent] as number;
      orders[i] = orders[parent] as number;
      slots[i] = slots[parent] as number;
      i = parent;
    }
    times[i] = timeMs;
    orders[i] = order;
    slots[i] = slot;
  }

  /** Takes the earliest event out, into this object's fields. `false` where there is none. */
  pop(): boolean {
    if (this.#size === 0) return false;
    const times = this.#times;
    const orders = this.#orders;
    const slots = this.#slots;
    const slot = slots[0] as number;
    this.timeMs = times[0] as number;
    this.kind = this.#kinds[slot] as number;
    this.a = this.#as[slot] as number;
    this.b = this.#bs[slot] as number;
    this.c = this.#cs[slot] as number;
    this.object = this.#objects[slot];
    this.#objects[slot] = undefined;
    this.#free.push(slot);
    const last = --this.#size;
    if (last === 0) return true;
    const time = times[last] as number;
    const order = orders[last] as number;
    const moved = slots[last] as number;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= last) break;
      const right = child + 1;
      if (right < last && this.#before(right, child)) child = right;
      const childTime = times[child] as number;
      if (childTime > time || (childTime === time && (orders[child] as number) > order)) break;
      times[i] = childTime;
      orders[i] = orders[child] as number;
      slots[i] = slots[child] as number;
      i = child;
    }
    times[i] = time;
    orders[i] = order;
    slots[i] = moved;
    return true;
  }

  #before(i: number, j: number): boolean {
    const difference = (this.#times[i] as number) - (this.#times[j] as number);
    return difference < 0 || (difference === 0 && (this.#orders[i] as number) < (this.#orders[j] as number));
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#times = grown(this.#times, new Float64Array(this.#capacity));
    this.#orders = grown(this.#orders, new Float64Array(this.#capacity));
    this.#slots = grown(this.#slots, new Int32Array(this.#capacity));
    this.#kinds = grown(this.#kinds, new Int32Array(this.#capacity));
    this.#as = grown(this.#as, new Int32Array(this.#capacity));
    this.#bs = grown(this.#bs, new Int32Array(this.#capacity));
    this.#cs = grown(this.#cs, new Int32Array(this.#capacity));
    this.#objects.length = this.#capacity;
  }
}

function grown<T extends Float64Array | Int32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
