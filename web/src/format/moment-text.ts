const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A moment as the API reads it (`-24h`, `now`, ms, RFC 3339), ms since the Unix epoch; `undefined` where it is none. */
export function momentMs(text: string, nowMs: number): number | undefined {
  if (text === 'now') return nowMs;
  const back = /^-(\d{1,6})([smhdw])$/.exec(text);
  if (back !== null) return nowMs - Number(back[1]) * (UNIT_MS[back[2] ?? ''] ?? 0);
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
