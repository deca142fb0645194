import { ByteReader, PackedStateError } from './byte-reader.ts';
import { ByteWriter, unzigzag, zigzag } from './byte-writer.ts';

/**
 * Plain JSON in few bytes, without loss. Each value begins with a whole number: what it is in the lowest three bits, and
 * something of it in the others.
 *
 *     0 integer   zigzag              4 array    its length, then its values
 *     1 fixed     zigzag of v · 10^5  5 object   its shape: the names of its fields, told with the first of them; then values
 *     2 time      zigzag of v − base  6 other    null, true, false, float32, float64, a run of zeros
 *     3 string    told with the first 7 fine     zigzag of v · 10^6
 *
 * A series is what a way is: the same few numbers over and over, each near where the last two lead (see `Series`). Typed
 * arrays of single precision come back as plain ones.
 */
const INTEGER = 0;
const FIXED = 1;
const TIME = 2;
const STRING = 3;
const ARRAY = 4;
const OBJECT = 5;
const OTHER = 6;
const FINE = 7;
const TAGS = 8;

const OTHERS = { null: 0, true: 1, false: 2, float32: 3, float64: 4, zeros: 5, series: 6, floats: 7 } as const;
/** Zeros in a row that are told as a run. */
const ZEROS_MIN = 3;
/** Larger ones are left to float64: they must fit with their tag into 2^53. */
const WHOLE_MAX = 2 ** 48;
/** Times this near the base are told by their distance from it, ms: 12 days. */
const TIME_MAX = 2 ** 30;

/** More would be damage. */
const NUMBERS_MAX = 2 ** 20;
/** Added to the order of a column of times. */
const TIME_COLUMN = 4;

export interface Column {
  /** How many steps make a unit; `time` for ms since the Unix epoch. */
  readonly steps: number | 'time';
  /** Each number is told by its distance from the one before it (1), or from where the two before it lead (2). */
  readonly order: 1 | 2;
}

/** Places of so many numbers each, one after the other. Made by whoever knows that an array is that. */
export class Series {
  readonly values: readonly number[];
  readonly columns: readonly Column[];

  constructor(values: readonly number[], columns: readonly Column[]) {
    this.values = values;
    this.columns = columns;
  }
}

const WRITER = new ByteWriter();

/**
 * @param value plain JSON, with {@link Series} in it; no field may be undefined
 * @param baseMs most times in it are near this one, ms since the Unix epoch
 */
export function packValue(value: unknown, baseMs: number): string {
  WRITER.begin();
  const base = Math.round(baseMs);
  WRITER.whole(zigzag(base));
  new Packer(WRITER, base).value(value);
  return WRITER.base64();
}

/** @throws PackedStateError `packed_state_bad` where that is no packed value */
export function unpackValue(packed: string): unknown {
  const reader = new ByteReader(packed);
  const base = unzigzag(reader.whole());
  return new Unpacker(reader, base).value();
}

interface Shape {
  readonly names: readonly string[];
  readonly place: number;
}

class Packer {
  readonly #to: ByteWriter;
  readonly #base: number;
  readonly #strings = new Map<string, number>();
  /** By the first of their names. */
  readonly #shapes = new Map<string, Shape[]>();
  #shapeCount = 0;

  constructor(to: ByteWriter, base: number) {
    this.#to = to;
    this.#base = base;
  }

  value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        return this.#number(value);
      case 'string':
        return this.#string(value);
      case 'boolean':
        return this.#other(value ? OTHERS.true : OTHERS.false);
      case 'object':
        if (value === null) return this.#other(OTHERS.null);
        if (Array.isArray(value)) return this.#array(value);
        if (value instanceof Series) return this.#series(value);
        if (value instanceof Float32Array) return this.#floats(value);
        return this.#object(value as Record<string, unknown>);
      default:
        throw new PackedStateError('packed_state_bad', `a ${typeof value} is no JSON`);
    }
  }

  #number(value: number): void {
    if (Number.isInteger(value)) {
      const since = value - this.#base;
      if (Math.abs(value) > TIME_MAX && Math.abs(since) < TIME_MAX) return this.#tagged(TIME, zigzag(since));
      if (Math.abs(value) < WHOLE_MAX && !Object.is(value, -0)) return this.#tagged(INTEGER, zigzag(value));
    } else {
      const steps = Math.round(value * 1e5);
      if (steps / 1e5 === value && Math.abs(steps) < WHOLE_MAX) return this.#tagged(FIXED, zigzag(steps));
      const fine = Math.round(value * 1e6);
      if (fine / 1e6 === value && Math.abs(fine) < WHOLE_MAX) return this.#tagged(FINE, zigzag(fine));
      if (Math.fround(value) === value) {
        this.#other(OTHERS.float32);
        return this.#to.float32(value);
      }
    }
    this.#other(OTHERS.float64);
    this.#to.float64(value);
  }

  #string(value: string): void {
    const known = this.#strings.get(value);
    if (known !== undefined) return this.#tagged(STRING, known);
    this.#tagged(STRING, this.#strings.size);
    this.#strings.set(value, this.#strings.size);
    this.#to.text(value);
  }

  #array(values: readonly unknown[]): void {
    this.#tagged(ARRAY, values.length);
    for (let i = 0; i < values.length; i++) {
      let zeros = 0;
      while (values[i + zeros] === 0 && !Object.is(values[i + zeros], -0)) zeros++;
      if (zeros < ZEROS_MIN) {
        this.value(values[i]);
        continue;
      }
      this.#other(OTHERS.zeros);
      this.#to.whole(zeros);
      i += zeros - 1;
    }
  }

  #object(value: Record<string, unknown>): void {
    this.#shape(Object.keys(value));
    for (const field of Object.values(value)) this.value(field);
  }

  /** Most objects are like one before. Comparing names costs less than making one string of them. */
  #shape(names: readonly string[]): void {
    const first = names[0] ?? '';
    const alike = this.#shapes.get(first);
    const known = alike?.find((shape) => isSame(shape.names, names));
    if (known !== undefined) return this.#tagged(OBJECT, known.place);
    const place = this.#shapeCount++;
    if (alike === undefined) this.#shapes.set(first, [{ names, place }]);
    else alike.push({ names, place });
    this.#tagged(OBJECT, place);
    this.#to.whole(names.length);
    for (const name of names) this.#string(name);
  }

  /** Column by column: next to nothing for what stays, or moves evenly. */
  #series({ values, columns }: Series): void {
    const stride = columns.length;
    const steps = columns.map((column, at) => stepsOf(values, at, stride, column));
    if (values.length % stride !== 0 || steps.includes(0)) return this.#array(values);
    this.#other(OTHERS.series);
    this.#to.whole(stride);
    this.#to.whole(values.length / stride);
    for (const [at, { steps: unit, order }] of columns.entries()) {
      const step = steps[at] ?? 1;
      this.#to.whole(step);
      this.#to.whole(unit === 'time' ? order + TIME_COLUMN : order);
      this.#column(values, at, stride, step, order, unit === 'time' ? this.#base : 0);
    }
  }

  /** Zeros are followed by how many more come: frames are mostly as far apart as the ones before. */
  #column(values: readonly number[], at: number, stride: number, step: number, order: 1 | 2, base: number): void {
    let zeros = 0;
    let one = base;
    let two = base;
    for (let i = at; i < values.length; i += stride) {
      const now = Math.round((values[i] ?? 0) * step);
      const off = now - (order === 1 || i < 2 * stride ? one : 2 * one - two);
      two = one;
      one = now;
      if (off === 0) {
        zeros++;
        continue;
      }
      if (zeros > 0) this.#zeros(zeros);
      zeros = 0;
      this.#to.whole(zigzag(off));
    }
    if (zeros > 0) this.#zeros(zeros);
  }

  #zeros(count: number): void {
    this.#to.whole(0);
    this.#to.whole(count);
  }

  #floats(values: Float32Array): void {
    this.#other(OTHERS.floats);
    this.#to.whole(values.length);
    for (const value of values) this.#to.float32(value);
  }

  #other(what: number): void {
    this.#tagged(OTHER, what);
  }

  #tagged(tag: number, payload: number): void {
    this.#to.whole(payload * TAGS + tag);
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Steps of a unit that keep a column without loss: 1 where it is whole numbers; 0 where there are none. */
function stepsOf(values: readonly number[], at: number, stride: number, { steps }: Column): number {
  let whole = true;
  const most = steps === 'time' ? 1 : steps;
  for (let i = at; i < values.length; i += stride) {
    const value = values[i] ?? 0;
    if (Math.round(value * most) / most !== value || Math.abs(value) * most > WHOLE_MAX || Object.is(value, -0))
      return 0;
    whole &&= Number.isInteger(value);
  }
  return whole ? 1 : most;
}

class Unpacker {
  readonly #from: ByteReader;
  readonly #base: number;
  readonly #strings: string[] = [];
  readonly #shapes: (readonly string[])[] = [];

  constructor(from: ByteReader, base: number) {
    this.#from = from;
    this.#base = base;
  }

  value(): unknown {
    const head = this.#from.whole();
    const payload = Math.floor(head / TAGS);
    switch (head % TAGS) {
      case INTEGER:
        return unzigzag(payload);
      case FIXED:
        return unzigzag(payload) / 1e5;
      case FINE:
        return unzigzag(payload) / 1e6;
      case TIME:
        return unzigzag(payload) + this.#base;
      case STRING:
        return this.#string(payload);
      case ARRAY:
        return this.#array(payload);
      case OBJECT:
        return this.#object(payload);
      default:
        return this.#other(payload);
    }
  }

  #string(place: number): string {
    if (place === this.#strings.length) this.#strings.push(this.#from.text());
    const value = this.#strings[place];
    if (value === undefined) throw new PackedStateError('packed_state_bad', 'no such string');
    return value;
  }

  #array(length: number): unknown[] {
    const values: unknown[] = [];
    while (values.length < length) {
      const value = this.value();
      if (!(value instanceof Zeros)) values.push(value);
      else for (let i = 0; i < value.count && values.length < length; i++) values.push(0);
    }
    return values;
  }

  #object(shape: number): Record<string, unknown> {
    if (shape === this.#shapes.length) {
      const names: string[] = [];
      for (let left = this.#from.whole(); left > 0; left--) names.push(this.#name());
      this.#shapes.push(names);
    }
    const names = this.#shapes[shape];
    if (names === undefined) throw new PackedStateError('packed_state_bad', 'no such shape');
    const value: Record<string, unknown> = {};
    for (const name of names) value[name] = this.value();
    return value;
  }

  #name(): string {
    const name = this.value();
    if (typeof name !== 'string') throw new PackedStateError('packed_state_bad', 'a name is no string');
    return name;
  }

  #other(what: number): unknown {
    switch (what) {
      case OTHERS.null:
        return null;
      case OTHERS.true:
        return true;
      case OTHERS.false:
        return false;
      case OTHERS.float32:
        return this.#from.float32();
      case OTHERS.float64:
        return this.#from.float64();
      case OTHERS.zeros:
        return new Zeros(this.#from.whole());
      case OTHERS.series:
        return this.#series();
      case OTHERS.floats:
        return Array.from({ length: this.#from.whole() }, () => this.#from.float32());
      default:
        throw new PackedStateError('packed_state_bad', 'no such value');
    }
  }

  #series(): number[] {
    const stride = this.#from.whole();
    const places = this.#from.whole();
    if (stride * places > NUMBERS_MAX) throw new PackedStateError('packed_state_bad', 'a series has no end');
    const values = new Array<number>(places * stride).fill(0);
    for (let at = 0; at < stride; at++) {
      const step = this.#from.whole();
      const order = this.#from.whole();
      let one = order > TIME_COLUMN ? this.#base : 0;
      let two = one;
      let zeros = 0;
      for (let i = at; i < values.length; i += stride) {
        let off = 0;
        if (zeros > 0) zeros--;
        else {
          const told = this.#from.whole();
          if (told === 0) zeros = this.#from.whole() - 1;
          off = unzigzag(told);
        }
        const now = off + (order % TIME_COLUMN === 1 || i < 2 * stride ? one : 2 * one - two);
        two = one;
        one = now;
        values[i] = now / step;
      }
    }
    return values;
  }
}

/** So many zeros of the array at hand. */
class Zeros {
  readonly count: number;

  constructor(count: number) {
    this.count = count;
  }
}
