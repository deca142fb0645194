/**
 * How many unanswered frames a camera of `fps` may have: as many as it sends while one is answered (Little's law), one
 * more so that an answer on its way never stalls it, and never more than `windowMax`.
 *
 * @param answerMs how long an answer takes at the worst that is still in time.
 */
export function creditWindow(fps: number, answerMs: number, windowMax: number): number {
  return Math.min(windowMax, 1 + Math.ceil((fps * answerMs) / 1_000));
}
