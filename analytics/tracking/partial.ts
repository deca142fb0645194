/**
 * Boxes of objects that something hides a part of. A detector reports what it sees, so the box stops at the edge of what
 * stands before, shrinks, and its middle goes at half the speed or backwards; a filter that believes it loses the object
 * (a lorry, a bridge, a pole). But the other edge goes on as expected. So where a box is smaller than expected and one
 * of two opposite edges is where it should be, it is completed from that edge to the extent expected.
 *
 * What is expected of a box that is completed frame after frame comes of those completed before, and would grow without
 * end. So it is never more than the form of the object (width over height when it was seen whole) makes of the extent
 * that is not cut; and what fits that form is whole, whatever was expected.
 */

/** Of the expected extent: smaller than this is not all of it. */
const WHOLE_MIN = 0.72;
/** Smaller than this share of the expected extent, a box says nothing about the whole. */
const PART_MIN = 0.15;
/** The other extent has to stay within this share: what shrinks both ways goes away. */
const OTHER_MIN = 0.87;
/** Over what its form makes of the other extent: no more than this is expected. */
const FORM_MAX = 1.1;

/** Which extent of a box is cut: width, height, or none. */
export type Cut = 0 | 1 | -1;
export const NOT_CUT = -1;

/**
 * @param expected centred box: x, y, width, height, at `e`.
 * @param seen centred box, at `s`.
 * @param edges how near an edge has to be to where it should be, across and down.
 * @param form width over height of the object when it was seen whole.
 * @param out the completed box.
 * @returns which extent was completed; `out` is only written then.
 */
export function complete(
  expected: ArrayLike<number>,
  e: number,
  seen: ArrayLike<number>,
  s: number,
  edges: ArrayLike<number>,
  g: number,
  form: number,
  out: Float64Array,
): Cut {
  const ratioX = (seen[s + 2] ?? 0) / (expected[e + 2] ?? 1);
  const ratioY = (seen[s + 3] ?? 0) / (expected[e + 3] ?? 1);
  const cut = ratioX < ratioY ? 0 : 1;
  const other = Math.max(ratioX, ratioY);
  if (Math.min(ratioX, ratioY) >= WHOLE_MIN || other < OTHER_MIN || other > 1 / OTHER_MIN) return NOT_CUT;
  const middle = expected[e + cut] ?? 0;
  const seenMiddle = seen[s + cut] ?? 0;
  const seenExtent = seen[s + cut + 2] ?? 0;
  const seenOther = seen[s + 3 - cut] ?? 0;
  const byForm = cut === 0 ? seenOther * form : seenOther / form;
  const extent = Math.min(expected[e + cut + 2] ?? 0, FORM_MAX * byForm);
  const ratio = seenExtent / extent;
  if (ratio >= WHOLE_MIN || ratio < PART_MIN) return NOT_CUT;
  const low = Math.abs(seenMiddle - seenExtent / 2 - (middle - extent / 2));
  const high = Math.abs(seenMiddle + seenExtent / 2 - (middle + extent / 2));
  if (Math.min(low, high) > (edges[g + cut] ?? 0)) return NOT_CUT;
  // The whole grows and shrinks as its other extent does.
  const whole = Math.min((extent * seenOther) / (expected[e + 3 - cut] ?? 1), FORM_MAX * byForm);
  const shift = (whole - seenExtent) / 2;
  for (let c = 0; c < 4; c++) out[c] = seen[s + c] ?? 0;
  out[cut] = low < high ? seenMiddle + shift : seenMiddle - shift;
  out[cut + 2] = whole;
  return cut;
}
