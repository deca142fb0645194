/** What was done, what was undone. Newest last. */
export interface Undo<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
  /** Steps of one tag in a row are one: a point that is nudged, a name that is typed. */
  readonly tag: string | undefined;
}

const STEPS_MAX = 200;

export const begin = <T>(present: T): Undo<T> => ({ past: [], present, future: [], tag: undefined });

/** @param tag what is being done; the same as before goes on with that step */
export function did<T>(undo: Undo<T>, next: T, tag?: string): Undo<T> {
  if (Object.is(next, undo.present)) return undo;
  if (tag !== undefined && tag === undo.tag) return { ...undo, present: next, future: [] };
  return { past: [...undo.past, undo.present].slice(-STEPS_MAX), present: next, future: [], tag };
}

/** What follows is a step of its own, whatever its tag. */
export const settled = <T>(undo: Undo<T>): Undo<T> => (undo.tag === undefined ? undo : { ...undo, tag: undefined });

export function undone<T>(undo: Undo<T>): Undo<T> {
  const before = undo.past.at(-1);
  if (before === undefined) return undo;
  return { past: undo.past.slice(0, -1), present: before, future: [undo.present, ...undo.future], tag: undefined };
}

export function redone<T>(undo: Undo<T>): Undo<T> {
  const [next, ...future] = undo.future;
  if (next === undefined) return undo;
  return { past: [...undo.past, undo.present], present: next, future, tag: undefined };
}
