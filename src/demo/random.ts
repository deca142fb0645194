import { hashText } from '../../core/hash.ts';

/** 32 bits that depend on every part, evenly. */
export const hashOf = (...parts: readonly (string | number)[]): number =>
  hashText(parts.map((part) => `${part}\u0000`).join(''));

/** The same evenly in [0, 1). */
export const shareOf = (...parts: readonly (string | number)[]): number => hashOf(...parts) / 2 ** 32;
