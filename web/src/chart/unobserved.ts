import type uPlot from 'uplot';

interface Shown {
  readonly timesMs: readonly number[];
  readonly endMs?: number | undefined;
  readonly observed?: readonly (number | null)[];
}

/** Less than this of an interval was observed: its figures are of a part only. As the API's `valid`. */
export const OBSERVED_SHARE_MIN = 0.8;
const HATCH_PX = 6;

/** Hatches the intervals that were not observed enough, so that a gap is not taken for nought. */
export function hatchUnobserved(chart: uPlot, { timesMs, endMs, observed }: Shown, colour: string): void {
  if (observed === undefined || endMs === undefined) return;
  const { ctx, bbox } = chart;
  const px = (ms: number): number => chart.valToPos(ms / 1_000, 'x', true);
  for (const [fromMs, toMs, share] of unobservedSpans(timesMs, endMs, observed)) {
    const left = Math.max(bbox.left, px(fromMs));
    const right = Math.min(bbox.left + bbox.width, px(toMs));
    if (right <= left) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.globalAlpha = 0.14 + 0.26 * (1 - share);
    ctx.strokeStyle = colour;
    ctx.lineWidth = devicePixelRatio;
    const step = HATCH_PX * devicePixelRatio;
    for (let x = left - bbox.height; x < right; x += step) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
}

/** Spans of neighbouring intervals that were observed alike, of those that were not observed enough. */
export function unobservedSpans(
  timesMs: readonly number[],
  endMs: number,
  observed: readonly (number | null)[],
): readonly (readonly [fromMs: number, toMs: number, share: number])[] {
  const spans: [number, number, number][] = [];
  for (const [i, fromMs] of timesMs.entries()) {
    const share = observed[i] ?? null;
    if (share === null || share >= OBSERVED_SHARE_MIN) continue;
    const toMs = timesMs[i + 1] ?? endMs;
    const last = spans.at(-1);
    if (last !== undefined && last[1] === fromMs && Math.abs(last[2] - share) < 0.05) last[1] = toMs;
    else spans.push([fromMs, toMs, share]);
  }
  return spans;
}
