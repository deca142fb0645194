/** How one thing moves along its path: metres from the path's start as a function of the time in seconds. */
export type Motion = (timeS: number) => number;

const brakingMps2 = 2.4;
const acceleratingMps2 = 1.8;

/** At one speed, passing `passM` at `passS`. */
export const steady =
  (passM: number, passS: number, speedMps: number): Motion =>
  (timeS) =>
    passM + (timeS - passS) * speedMps;

/** Brakes to stand at `stopM` from `arriveS` to `leaveS`, then takes up its speed again. */
export function halting(stopM: number, arriveS: number, leaveS: number, speedMps: number): Motion {
  return (timeS) => {
    if (timeS < arriveS) return stopM - distanceFromRest(arriveS - timeS, speedMps, brakingMps2);
    if (timeS > leaveS) return stopM + distanceFromRest(timeS - leaveS, speedMps, acceleratingMps2);
    return stopM;
  };
}

/** Metres covered `durationS` after starting from rest, up to a top speed. */
function distanceFromRest(durationS: number, speedMps: number, mps2: number): number {
  const rampS = speedMps / mps2;
  if (durationS < rampS) return (mps2 * durationS ** 2) / 2;
  return (speedMps * rampS) / 2 + speedMps * (durationS - rampS);
}
