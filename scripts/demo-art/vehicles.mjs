// Vehicles of our own design, built from lofts and simple solids. Each returns the POV-Ray text of one object whose
// origin is on the ground under its middle, front towards +z, and its outer size in metres.
import { loft, profile } from './mesh.mjs';

const v = (...c) => `<${c.map((x) => x.toFixed(4)).join(',')}>`;

/** One wheel at height `radius`; `side` is -1 (left) or 1 (right), `x` the outer face. */
function wheel(x, z, radius, width, side) {
  const inner = x - side * width;
  const rim = radius * 0.62;
  const spokes = [0, 1, 2, 3, 4]
    .map((k) => `box { ${v(-0.01, -0.035, 0)} ${v(0.008, 0.035, rim * 0.95)} rotate x*${k * 72} texture { Rim } }`)
    .join(' ');
  return `
  // The arch, a dark disc a little larger than the tyre, so that the wheel sits in the body instead of on it.
  cylinder { ${v(x - side * 0.012, radius * 1.06, z)} ${v(inner, radius * 1.06, z)} ${(radius * 1.17).toFixed(3)} texture { Black } }
  cylinder { ${v(x + side * 0.004, radius, z)} ${v(inner, radius, z)} ${radius.toFixed(3)} texture { Tyre } }
  cylinder { ${v(x + side * 0.008, radius, z)} ${v(inner, radius, z)} ${rim.toFixed(3)} texture { RimDark } }
  union { ${spokes} cylinder { <-0.01,0,0> <0.014,0,0> 0.06 texture { Rim } } torus { ${rim.toFixed(3)} 0.022 rotate z*90 texture { Rim } } translate ${v(x + side * 0.012, radius, z)} }`;
}

const wheels = (x, axles, radius, width) =>
  axles.flatMap((z) => [wheel(x, z, radius, width, 1), wheel(-x, z, radius, width, -1)]).join('\n');

const near = (z, at, half) => Math.abs(z - at) < half;

/** A passenger car from its side view: deck (bonnet, waist, boot) and roof lines, both as [z, y] points. */
function car({ length, halfWidth, deck, roof, pillars, seams, tyre, axles, tumble = 0.28, taxi = false }) {
  const L = length / 2;
  const bottom = profile([
    [-L, 0.42],
    [-L + 0.25, 0.24],
    [0, 0.2],
    [L - 0.25, 0.22],
    [L, 0.36],
  ]);
  const top = profile(deck);
  const roofLine = profile(roof);
  const width = profile([
    [-L, halfWidth * 0.9],
    [-L + 0.5, halfWidth * 0.985],
    [0, halfWidth],
    [L - 0.7, halfWidth * 0.97],
    [L, halfWidth * 0.8],
  ]);
  const beam = deck[deck.length - 1][1];
  const tail = deck[0][1];
  const body = loft({
    z0: -L,
    z1: L,
    width,
    top,
    bottom,
    n: 4.6,
    m: 12,
    lean: 0.035,
    ends: 20,
    extra: seams.flatMap((z) => [z - 0.013, z + 0.013]),
    material: ({ x, y, z, nx, nz }) => {
      const ax = Math.abs(x);
      if (z > L * 0.88) {
        if (y > beam - 0.12 && y < beam + 0.09 && ax > halfWidth * 0.5 && ax < halfWidth * 0.93) return 'Headlight';
        if (nz > 0.5 && y > beam - 0.11 && y < beam + 0.03 && ax < halfWidth * 0.46) return 'Black';
        if (nz > 0.5 && y < beam - 0.2 && ax < halfWidth * 0.62) return 'Black';
      }
      if (z < -L * 0.93 && y > tail - 0.27 && y < tail - 0.06 && ax > halfWidth * 0.5) return 'Taillight';
      if (z < -L * 0.95 && nz < -0.5 && y < 0.42) return 'Black';
      if (y < 0.3) return 'Black';
      if (Math.abs(nx) > 0.6) {
        if (seams.some((s) => near(z, s, 0.016)) && y > 0.34) return 'Black';
        for (const s of seams.slice(0, -1)) if (near(z, s + 0.16, 0.09) && y > 0.76 && y < 0.79) return 'Chrome';
      }
      return 'Paint';
    },
  });
  const gz0 = roof[0][0];
  const gz1 = roof[roof.length - 1][0];
  const roofMax = Math.max(...roof.map((p) => p[1]));
  const cabin = loft({
    z0: gz0 - 0.1,
    z1: gz1 + 0.1,
    n: 4.2,
    m: 40,
    lean: tumble,
    width: (z) => width(z) * 0.985,
    bottom: (z) => top(z) - 0.3,
    top: (z) => Math.max(roofLine(z), top(z) - 0.2),
    extra: pillars.flat(),
    material: ({ x, y, z, nx, ny, nz }) => {
      const edge = width(z) * 0.985 - tumble * (y - top(z) + 0.3);
      if (Math.abs(nx) > 0.62) {
        if (pillars.some(([a, b]) => z > a && z < b)) return 'Black';
        const upper = roofLine(z) - 0.1;
        return y < upper && y > top(z) + 0.015 ? 'Glass' : 'Paint';
      }
      const slope = Math.abs(nz) > 0.3 && y < roofMax - 0.06;
      if (slope && Math.abs(x) < edge - 0.09 && y > top(z) + 0.02) return 'Glass';
      if (ny > 0.2 || Math.abs(nx) > 0.2) return 'Paint';
      return 'Paint';
    },
  });
  const mirrorZ = gz1 - 0.45;
  const mirrorY = top(mirrorZ) + 0.06;
  const parts = [
    body,
    cabin,
    wheels(halfWidth * 0.985, axles, tyre, 0.22),
    ...[1, -1].map(
      (s) =>
        `sphere { 0 1 scale <0.13,0.08,0.07> translate ${v(s * (halfWidth + 0.06), mirrorY, mirrorZ)} texture { Paint } }`,
    ),
    `box { ${v(-0.26, 0.44, L - 0.06)} ${v(0.26, 0.55, L + 0.012)} texture { Plate } }`,
    `box { ${v(-0.26, 0.56, -L - 0.012)} ${v(0.26, 0.68, -L + 0.06)} texture { Plate } }`,
  ];
  if (taxi)
    parts.push(`box { <-0.3,0,-0.09> <0.3,0.14,0.09> translate ${v(0, roofMax - 0.01, -0.1)} texture { Headlight } }`);
  return { text: `union { ${parts.join('\n')} }`, size: [halfWidth * 2 + 0.3, roofMax + 0.05, length] };
}

export const sedan = (options = {}) =>
  car({
    length: 4.65,
    halfWidth: 0.91,
    deck: [
      [-2.32, 0.93],
      [-2.15, 1.04],
      [-1.55, 1.06],
      [-0.9, 0.99],
      [1.0, 0.95],
      [1.75, 0.87],
      [2.15, 0.78],
      [2.32, 0.66],
    ],
    roof: [
      [-1.85, 1.0],
      [-1.05, 1.4],
      [-0.35, 1.47],
      [0.15, 1.45],
      [0.45, 1.39],
      [1.3, 0.92],
    ],
    pillars: [
      [-0.2, -0.1],
      [-1.3, -1.12],
    ],
    seams: [-1.12, -0.15, 0.95],
    tyre: 0.33,
    axles: [-1.38, 1.42],
    ...options,
  });

export const hatch = () =>
  car({
    length: 4.05,
    halfWidth: 0.88,
    deck: [
      [-2.02, 0.9],
      [-1.9, 1.02],
      [-1.5, 1.05],
      [0.8, 0.97],
      [1.45, 0.9],
      [1.85, 0.78],
      [2.02, 0.64],
    ],
    roof: [
      [-2.0, 0.98],
      [-1.55, 1.42],
      [-0.6, 1.52],
      [0.1, 1.5],
      [0.4, 1.43],
      [1.2, 0.94],
    ],
    pillars: [
      [-0.3, -0.2],
      [-1.5, -1.25],
    ],
    seams: [-1.1, -0.25, 0.85],
    tyre: 0.32,
    axles: [-1.25, 1.25],
  });

export const suv = () =>
  car({
    length: 4.7,
    halfWidth: 0.95,
    tumble: 0.2,
    deck: [
      [-2.35, 1.02],
      [-2.22, 1.12],
      [-1.6, 1.14],
      [1.0, 1.08],
      [1.8, 1.02],
      [2.2, 0.92],
      [2.35, 0.76],
    ],
    roof: [
      [-2.3, 1.05],
      [-2.0, 1.62],
      [-0.8, 1.73],
      [0.2, 1.71],
      [0.5, 1.63],
      [1.3, 1.04],
    ],
    pillars: [
      [-0.25, -0.13],
      [-1.45, -1.32],
      [0.75, 0.8],
    ],
    seams: [-1.35, -0.2, 0.95],
    tyre: 0.37,
    axles: [-1.4, 1.42],
  });

export function bus() {
  const L = 5.4;
  const H = 3.05;
  const W = 1.27;
  const body = loft({
    z0: -L,
    z1: L,
    n: 14,
    m: 60,
    rings: 130,
    around: 110,
    ends: 32,
    aspect: 1.2,
    lean: 0.012,
    width: () => W,
    bottom: () => 0.32,
    top: () => H,
    extra: [L - 0.03, L - 0.06],
    material: ({ x, y, z, nx, ny, nz }) => {
      if (ny > 0.7) return near(z, 0, 4.5) && Math.abs(x) < 0.85 ? 'RoofPanel' : 'Roof';
      if (nz > 0.6) {
        if (y > 2.55 && y < 2.85 && Math.abs(x) < 0.85) return 'Display';
        if (y > 1.12 && y < 2.5 && Math.abs(x) < 1.14) return 'Glass';
        if (y > 0.62 && y < 0.86 && Math.abs(x) > 0.7 && Math.abs(x) < 1.1) return 'Headlight';
        if (y < 0.55) return 'Black';
        return 'Paint';
      }
      if (nz < -0.6) {
        if (y > 1.7 && y < 2.5 && Math.abs(x) < 1.0) return 'Glass';
        if (y > 0.7 && y < 1.25 && Math.abs(x) > 0.95) return 'Taillight';
        if (y > 0.62 && y < 1.4 && Math.abs(x) < 0.7) return 'Black';
        return 'Paint';
      }
      if (Math.abs(nx) > 0.6) {
        // Doors are on the right, where people board (they drive on the right here).
        const door = x > 0 && (near(z, 4.35, 0.62) || near(z, -0.2, 0.65));
        if (door) return y > 0.5 && y < 2.5 && !near(z, 4.35, 0.03) && !near(z, -0.2, 0.03) ? 'Glass' : 'Black';
        if (y > 1.32 && y < 2.5 && z > -4.9 && z < 4.95) {
          const bay = (((z + 4.9) % 1.42) + 1.42) % 1.42;
          return bay < 0.09 ? 'Black' : 'Glass';
        }
        if (y < 0.5) return 'Black';
        if (y > 1.0 && y < 1.18) return 'Stripe';
        return 'Paint';
      }
      return 'Paint';
    },
  });
  const mirrors = [1, -1].map(
    (s) => `box { <-0.1,-0.22,-0.06> <0.1,0.22,0.06> translate ${v(s * (W + 0.18), 2.1, L + 0.08)} texture { Black } }`,
  );
  return {
    text: `union { ${body} ${wheels(W + 0.01, [-2.5, 3.1], 0.48, 0.3)} box { <-0.9,0,-1.4> <0.9,0.22,1.2> translate ${v(0, H - 0.02, -1.6)} texture { Roof } } ${mirrors.join(' ')} }`,
    size: [2.9, H + 0.22, 2 * L + 0.2],
  };
}

export function truck() {
  const cab = loft({
    z0: 1.75,
    z1: 3.75,
    n: 8,
    m: 14,
    rings: 60,
    around: 100,
    ends: 22,
    aspect: 1,
    lean: 0.03,
    width: () => 1.13,
    bottom: () => 0.45,
    top: profile([
      [1.75, 2.72],
      [2.9, 2.7],
      [3.3, 2.5],
      [3.62, 1.5],
      [3.75, 1.35],
    ]),
    material: ({ x, y, z, nx, ny, nz }) => {
      if (nz > 0.25 && y > 1.45 && y < 2.42 && Math.abs(x) < 0.98) return 'Glass';
      if (Math.abs(nx) > 0.6 && y > 1.5 && y < 2.3 && z > 2.15 && z < 3.18) return 'Glass';
      if (Math.abs(nx) > 0.6 && (near(z, 2.05, 0.012) || near(z, 3.22, 0.012))) return 'Black';
      if (z > 3.5 && nz > 0.4 && y > 0.72 && y < 0.95 && Math.abs(x) > 0.6) return 'Headlight';
      if (z > 3.5 && nz > 0.4 && y > 0.95 && y < 1.3 && Math.abs(x) < 0.75) return 'Black';
      if (y < 0.62 || ny < -0.5) return 'Black';
      return 'Paint';
    },
  });
  const box = loft({
    z0: -3.75,
    z1: 1.6,
    n: 24,
    m: 80,
    rings: 90,
    around: 110,
    ends: 10,
    aspect: 1,
    width: () => 1.22,
    bottom: () => 0.98,
    top: () => 3.35,
    material: ({ y, z, nx }) => {
      if (y < 1.12) return 'Black';
      if (Math.abs(nx) > 0.6 && near(y, 1.55, 0.12)) return 'Stripe';
      if (Math.abs(nx) > 0.6 && near(((z % 0.9) + 0.9) % 0.9, 0.45, 0.02)) return 'Seam';
      return 'Cargo';
    },
  });
  return {
    text: `union { ${cab} ${box}
    box { <-0.015,1.2,-3.77> <0.015,3.25,-3.7> texture { Seam } } box { <-0.6,1.2,-3.77> <-0.56,3.25,-3.7> texture { Seam } } box { <0.56,1.2,-3.77> <0.6,3.25,-3.7> texture { Seam } }
    box { <-0.95,0.55,-3.7> <0.95,0.98,3.2> texture { Black } }
    box { <-1.15,0.5,-3.72> <1.15,0.75,-3.6> texture { Black } }
    box { <-1.1,0.78,-3.78> <-0.75,0.95,-3.7> texture { Taillight } } box { <0.75,0.78,-3.78> <1.1,0.95,-3.7> texture { Taillight } }
    box { <-0.1,-0.2,-0.05> <0.1,0.2,0.05> translate <1.3,1.9,3.35> texture { Black } } box { <-0.1,-0.2,-0.05> <0.1,0.2,0.05> translate <-1.3,1.9,3.35> texture { Black } }
    ${wheels(1.16, [-2.35, 2.75], 0.46, 0.32)} }`,
    size: [2.7, 3.4, 7.6],
  };
}
