/**
 * 32 bits that depend evenly on all of `text`: FNV-1a over its UTF-16 units, finished with MurmurHash3's fmix32 (Austin
 * Appleby, public domain), because FNV alone leaves the last characters in the low bits. Not for secrets.
 */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
