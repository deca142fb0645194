import { BadQueryError } from './bad-query.ts';
import { CAMERAS_NAMED_MAX, type CameraFilter } from './query.ts';

/** Readers of single query parameters. All throw {@link BadQueryError}. */

const NAME_CHARS_MAX = 128;

/** Refuses parameters nobody reads: a filter misspelt would give more than was asked for, and nobody would know. */
export function onlyKnown(params: URLSearchParams, known: readonly string[]): void {
  for (const name of params.keys()) {
    if (known.includes(name)) continue;
    const allowed = known.filter((one) => one !== 'access_token').join(', ');
    throw new BadQueryError(name.slice(0, NAME_CHARS_MAX), `no such parameter here; there are ${allowed}`);
  }
}

/** Comma-separated names, sorted, without doubles; the parameter may be given several times. */
export function names(
  params: URLSearchParams,
  name: string,
  max: number,
  allowed?: readonly string[],
): readonly string[] {
  const given = params
    .getAll(name)
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
  const unique = [...new Set(given)].sort();
  if (unique.length > max) throw new BadQueryError(name, `at most ${max} names`);
  for (const one of unique) {
    if (one.length > NAME_CHARS_MAX || hasControlCharacter(one)) {
      throw new BadQueryError(name, `names of 1 to ${NAME_CHARS_MAX} characters`);
    }
    if (allowed !== undefined && !allowed.includes(one)) throw new BadQueryError(name, `any of ${allowed.join(', ')}`);
  }
  return unique;
}

/** PostgreSQL takes no NUL in text. */
const hasControlCharacter = (text: string): boolean => [...text].some((char) => char < ' ');

export function oneOf<T extends string>(params: URLSearchParams, name: string, allowed: readonly T[]): T | undefined {
  const text = params.get(name);
  if (text === null) return undefined;
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw new BadQueryError(name, `one of ${allowed.join(', ')}`);
  return found;
}

export function wholeNumber(params: URLSearchParams, name: string, min: number, max: number): number | undefined {
  const text = params.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < min || value > max) {
    throw new BadQueryError(name, `a whole number from ${min} to ${max}`);
  }
  return value;
}

/** `camera=a,b,north-*`: ids, and patterns with `*` and `?`; every camera where absent or `*`. */
export function cameraFilter(params: URLSearchParams): CameraFilter {
  const given = names(params, 'camera', CAMERAS_NAMED_MAX);
  for (const one of given) {
    if (!/^[A-Za-z0-9._*?-]{1,64}$/.test(one)) {
      throw new BadQueryError('camera', 'camera ids ([A-Za-z0-9._-]{1,64}) or patterns with * and ?, comma-separated');
    }
  }
  if (given.includes('*')) return { ids: [], globs: [] };
  const isGlob = (one: string): boolean => /[*?]/.test(one);
  return { ids: given.filter((one) => !isGlob(one)), globs: given.filter(isGlob) };
}
