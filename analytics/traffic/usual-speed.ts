/** Parts of a zone along the way. */
const PARTS = 12;
/** What is usual in a part is known after vehicles were seen to drive there for so long in all, s. */
const KNOWN_S = 3;
/** How fast it follows, s of vehicles driving there. */
const FOLLOWS_S = 60;

/** By part: mean of the logarithm of the speed, and for how long vehicles were seen there. Plain JSON. */
export interface UsualSpeed {
  readonly logs: number[];
  readonly seconds: number[];
}

export function noUsualSpeed(): UsualSpeed {
  return { logs: new Array<number>(PARTS).fill(0), seconds: new Array<number>(PARTS).fill(0) };
}

/**
 * How fast vehicles look at each place of a zone whose ground is not measured. What drives away at an even speed gets
 * slower and slower in the picture, in its own sizes too; what crosses the picture does not. Which of the two a place
 * shows is learned from who drives there.
 * @param at place along the zone, 0..1
 * @param speed more than 0, any unit
 */
export function learnUsual(usual: UsualSpeed, at: number, speed: number, seconds: number): void {
  const part = partOf(at);
  const before = usual.seconds[part] ?? 0;
  const total = before + seconds;
  if (total <= 0) return;
  const log = usual.logs[part] ?? 0;
  usual.logs[part] = log + (Math.log(speed) - log) * (seconds / Math.min(total, FOLLOWS_S));
  usual.seconds[part] = total;
}

/** Usual speed at a place, straight between the middles of the parts; undefined where too little was seen. */
export function usualAt(usual: UsualSpeed, at: number): number | undefined {
  const place = Math.min(1, Math.max(0, at)) * PARTS - 0.5;
  const low = Math.max(0, Math.floor(place));
  const high = Math.min(PARTS - 1, low + 1);
  if (!isKnown(usual, low) || !isKnown(usual, high)) return undefined;
  const share = Math.min(1, Math.max(0, place - low));
  return Math.exp((usual.logs[low] ?? 0) * (1 - share) + (usual.logs[high] ?? 0) * share);
}

function partOf(at: number): number {
  return Math.min(PARTS - 1, Math.max(0, Math.floor(at * PARTS)));
}

function isKnown(usual: UsualSpeed, part: number): boolean {
  return (usual.seconds[part] ?? 0) >= KNOWN_S;
}
