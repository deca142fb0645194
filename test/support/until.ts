/** Waits for conditions instead of sleeping. */
const POLL_MS = 5;

/**
 * Resolves with the first value of `read` that is neither `false` nor `undefined`.
 * @throws Error saying `what` was waited for, after `timeoutMs`.
 */
export async function until<T>(
  what: string,
  read: () => T | Promise<T>,
  timeoutMs = 15_000,
): Promise<Exclude<T, false | undefined>> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>;
    if (performance.now() > endMs) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
