/**
 * Edits between two texts: insertions, deletions, substitutions and swaps of neighbours, each 1 (optimal string
 * alignment distance). Letter case is ignored.
 */
export function editDistance(a: string, b: string): number {
  const s = a.toLowerCase();
  const t = b.toLowerCase();
  let before: number[] = [];
  let last = Array.from({ length: t.length + 1 }, (_, j) => j);
  for (let i = 1; i <= s.length; i++) {
    const row = [i];
    for (let j = 1; j <= t.length; j++) {
      const substitution = (last[j - 1] ?? 0) + (s[i - 1] === t[j - 1] ? 0 : 1);
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substitution);
      if (i > 1 && j > 1 && s[i - 1] === t[j - 2] && s[i - 2] === t[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[t.length] ?? 0;
}

/**
 * The key somebody most likely meant by `wrong`: one a few letters off, else one of the same last name elsewhere
 * (`port` for `server.port`).
 */
export function suggestKey(wrong: string, keys: readonly string[]): string | undefined {
  if (wrong.length > 128) return undefined;
  const lastName = (key: string) => key.slice(key.lastIndexOf('.') + 1);
  const elsewhere = keys.find((k) => lastName(k).toLowerCase() === lastName(wrong).toLowerCase());
  let best: { key: string; distance: number } | undefined;
  for (const key of keys) {
    const distance = editDistance(wrong, key);
    if (distance <= Math.max(2, Math.floor(wrong.length / 5)) && (best === undefined || distance < best.distance)) {
      best = { key, distance };
    }
  }
  return best?.key ?? elsewhere;
}
