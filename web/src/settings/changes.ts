/**
 * What differs between two documents, in pieces that can be read, written into a YAML text, and done to a third document.
 * Entries of a list that all have names of their own (`id`) are known by them; every other list is one value.
 */

/** A key of a map, or an entry of a list by its name. */
export type Step = string | { readonly id: string };

export interface Change {
  readonly path: readonly Step[];
  /** Undefined where it was not there. */
  readonly before: unknown;
  /** Undefined where it is there no more. */
  readonly after: unknown;
}

type Table = Readonly<Record<string, unknown>>;
type Named = Table & { readonly id: string };

/** Everything that makes `after` of `before`. A renamed entry is a change of its `id`. */
export function changesBetween(before: unknown, after: unknown, path: readonly Step[] = []): Change[] {
  if (isSame(before, after)) return [];
  if (isTable(before) && isTable(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      changesBetween(before[key], after[key], [...path, key]),
    );
  }
  const lists = namedLists(before, after);
  return lists === undefined ? [{ path, before, after }] : changesOfLists(...lists, path);
}

/** Both, where both are lists of named entries; one may be absent. */
function namedLists(before: unknown, after: unknown): readonly [readonly Named[], readonly Named[]] | undefined {
  if (before === undefined && after === undefined) return undefined;
  const a = named(before ?? []);
  const b = named(after ?? []);
  return a === undefined || b === undefined || a.length + b.length === 0 ? undefined : [a, b];
}

function named(value: unknown): readonly Named[] | undefined {
  if (!Array.isArray(value) || !value.every((v) => isTable(v) && typeof v.id === 'string')) return undefined;
  const list = value as readonly Named[];
  return new Set(list.map(({ id }) => id)).size === list.length ? list : undefined;
}

function changesOfLists(before: readonly Named[], after: readonly Named[], path: readonly Step[]): Change[] {
  const ids = (list: readonly Named[]) => new Set(list.map(({ id }) => id));
  const [old, now] = [ids(before), ids(after)];
  const changes: Change[] = [];
  const renamed = new Set<string>();
  for (const [i, entry] of before.entries()) {
    const at = [...path, { id: entry.id }];
    const there = after.find(({ id }) => id === entry.id);
    const instead = after[i];
    if (there !== undefined) changes.push(...changesBetween(entry, there, at));
    else if (instead !== undefined && !old.has(instead.id) && before.length === after.length) {
      renamed.add(instead.id);
      // The name last: the changes before it still find the entry by the old one.
      changes.push(...changesBetween({ ...entry, id: '' }, { ...instead, id: '' }, at));
      changes.push({ path: [...at, 'id'], before: entry.id, after: instead.id });
    } else changes.push({ path: at, before: entry, after: undefined });
  }
  for (const entry of after) {
    if (!old.has(entry.id) && !renamed.has(entry.id)) {
      changes.push({ path: [...path, { id: entry.id }], before: undefined, after: entry });
    }
  }
  const kept = (list: readonly Named[], others: ReadonlySet<string>) => list.filter(({ id }) => others.has(id));
  const sameOrder = kept(before, now).every(({ id }, i) => kept(after, old)[i]?.id === id);
  return sameOrder ? changes : [{ path, before, after }];
}

/** Does the changes to a document; what they are about and is not there is made. */
export function withChanges(document: unknown, changes: readonly Change[]): unknown {
  return changes.reduce((next, { path, after }) => withValue(next, path, after), document);
}

function withValue(at: unknown, path: readonly Step[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === 'string') {
    const table = isTable(at) ? at : {};
    const next = withValue(table[step], rest, value);
    if (next !== undefined) return { ...table, [step]: next };
    const { [step]: _, ...others } = table;
    return others;
  }
  const list = (Array.isArray(at) ? at : []) as readonly Named[];
  const index = list.findIndex(({ id }) => id === step.id);
  if (index < 0) {
    // Somebody else took the entry away: nothing is left to change.
    return rest.length === 0 && value !== undefined ? [...list, value] : list;
  }
  if (rest.length === 0 && value === undefined) return list.filter((_, i) => i !== index);
  return list.map((entry, i) => (i === index ? withValue(entry, rest, value) : entry));
}

/** `lines › north › from`. */
export const pathText = (path: readonly Step[]): string =>
  path.length === 0 ? 'the document' : path.map((step) => (typeof step === 'string' ? step : step.id)).join(' › ');

/** Changes of both that are about the same: paths that are equal, or one within the other. */
export function clashesOf(mine: readonly Change[], theirs: readonly Change[]): Change[] {
  const key = ({ path }: Change) => `${path.map((s) => (typeof s === 'string' ? s : `#${s.id}`)).join('\n')}\n`;
  return mine.filter((m) =>
    theirs.some((t) => (key(m).startsWith(key(t)) || key(t).startsWith(key(m))) && !isSame(m.after, t.after)),
  );
}

/** A value in a few words. */
export function valueText(value: unknown): string {
  if (value === undefined) return '–';
  return JSON.stringify(value)
    .replaceAll(/"([A-Za-z_]\w*)":/g, '$1: ')
    .replaceAll(',', ', ');
}

export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((v, i) => isSame(v, b[i]));
  if (!isTable(a) || !isTable(b)) return false;
  const keys = Object.keys(a).filter((k) => a[k] !== undefined);
  const others = Object.keys(b).filter((k) => b[k] !== undefined);
  return keys.length === others.length && keys.every((k) => isSame(a[k], b[k]));
}

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
