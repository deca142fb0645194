/** Shapes of the ring, in the units of its picture. Angles in turns, 0 at the top, clockwise. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export const CENTRE = 320;
export const RING_OUTER = 296;
export const RING_INNER = 242;
/** Between the two: what a shard on its way shows of where it goes. */
export const RING_MIDDLE = 263;

export function at(turn: number, radius: number): Point {
  const angle = turn * 2 * Math.PI;
  return { x: CENTRE + radius * Math.sin(angle), y: CENTRE - radius * Math.cos(angle) };
}

const text = ({ x, y }: Point): string => `${x.toFixed(2)} ${y.toFixed(2)}`;

/** One of `count` equal pieces of a ring, with a gap to the next where there is room for one. */
export function arcPath(index: number, count: number, inner = RING_INNER, outer = RING_OUTER): string {
  if (count === 1) return wholeRing(inner, outer);
  const gap = Math.min(0.1 / count, 0.0008);
  const from = index / count + gap;
  const to = (index + 1) / count - gap;
  const large = to - from > 0.5 ? 1 : 0;
  return [
    `M${text(at(from, outer))}`,
    `A${outer} ${outer} 0 ${large} 1 ${text(at(to, outer))}`,
    `L${text(at(to, inner))}`,
    `A${inner} ${inner} 0 ${large} 0 ${text(at(from, inner))}Z`,
  ].join('');
}

/** An arc from a point to itself is none: two halves, and the hole the other way round. */
function wholeRing(inner: number, outer: number): string {
  const circle = (radius: number, sweep: number): string =>
    `M${text(at(0, radius))}A${radius} ${radius} 0 1 ${sweep} ${text(at(0.5, radius))}A${radius} ${radius} 0 1 ${sweep} ${text(at(0, radius))}Z`;
  return circle(outer, 1) + circle(inner, 0);
}

export interface Hub {
  readonly centre: Point;
  readonly radius: number;
}

/** Places of `count` nodes inside the ring; one alone is in the middle. */
export function hubs(count: number): readonly Hub[] {
  if (count === 1) return [{ centre: { x: CENTRE, y: CENTRE }, radius: 110 }];
  const orbit = Math.min(192, 96 + 9 * count);
  const room = RING_INNER - 16 - orbit;
  const radius = Math.max(6, Math.min(84, room, orbit * Math.sin(Math.PI / count) * 0.82));
  return Array.from({ length: count }, (_, i) => ({ centre: at((i + 0.5) / count, orbit), radius }));
}

/** From one hub to another, bent to one side so that both ways can be told apart; ends at the rims. */
export function movePath(from: Hub, to: Hub): string {
  const dx = to.centre.x - from.centre.x;
  const dy = to.centre.y - from.centre.y;
  const length = Math.hypot(dx, dy) || 1;
  const start = { x: from.centre.x + (dx / length) * from.radius, y: from.centre.y + (dy / length) * from.radius };
  const end = {
    x: to.centre.x - (dx / length) * (to.radius + 9),
    y: to.centre.y - (dy / length) * (to.radius + 9),
  };
  const bend = { x: (start.x + end.x) / 2 - dy * 0.16, y: (start.y + end.y) / 2 + dx * 0.16 };
  return `M${text(start)}Q${text(bend)} ${text(end)}`;
}
