const FIRST_MS = 500;
const MAX_MS = 10_000;

/**
 * How long to wait before trying again, ms: doubles from 0.5 s to 10 s, each between 75 % and 100 % of that, so that a
 * room full of dashboards does not come back in one instant.
 * @param attempt 1 for the first try after a loss.
 * @param random a number in [0, 1).
 */
export function reconnectDelayMs(attempt: number, random: number): number {
  const full = Math.min(MAX_MS, FIRST_MS * 2 ** Math.max(0, attempt - 1));
  return Math.round(full * (0.75 + 0.25 * random));
}
