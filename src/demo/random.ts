/**
 * 32 bits that depend on every part, evenly: FNV-1a over the parts' text, finished with MurmurHash3's fmix32
 * (Austin Appleby, public domain), because FNV alone leaves the last characters in the low bits.
 */
export function hashOf(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    const text = `${part}\u0000`;
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The same evenly in [0, 1). */
export const shareOf = (...parts: readonly (string | number)[]): number => hashOf(...parts) / 2 ** 32;
