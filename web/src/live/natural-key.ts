const DIGITS = /\d+/g;
const WIDTH = 20;

/**
 * What an id sorts by, so that `gate-2` comes before `gate-10`: cheaper by far than asking a collator each time, which
 * matters with ten thousand cameras.
 */
export const naturalKey = (id: string): string =>
  `${id.toLowerCase().replace(DIGITS, (digits) => digits.padStart(WIDTH, '0'))} ${id}`;
