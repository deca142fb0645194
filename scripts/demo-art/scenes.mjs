// The four demo scenes: where the camera stands, what the street looks like, and the straight paths things move on.
// A street has a frame of its own (x along it, z across it), placed by `origin` and turned by `headingDeg`.
// Traffic drives on the right.
import {
  at,
  bin,
  building,
  carriageway,
  group,
  guardRail,
  lamp,
  manhole,
  patch,
  pavement,
  planter,
  shelter,
  trafficLight,
  zebra,
} from './scenery.mjs';

const rad = (deg) => (deg * Math.PI) / 180;
const toWorld = (street, [x, z]) => {
  const c = Math.cos(rad(street.headingDeg));
  const s = Math.sin(rad(street.headingDeg));
  // POV-Ray's rotate y*h takes +x towards -z.
  return [street.origin[0] + x * c + z * s, street.origin[1] - x * s + z * c];
};
const path = (street, from, to, models, extra = {}) => ({
  from: toWorld(street, from),
  to: toWorld(street, to),
  models,
  ...extra,
});
const placed = (street, text) =>
  `object { ${text} rotate y*${street.headingDeg} translate <${street.origin[0]},0,${street.origin[1]}> }`;

const red = [0.42, 0.02, 0.02];
const white = [0.6, 0.6, 0.59];
const silver = [0.42, 0.43, 0.45];
const black = [0.02, 0.02, 0.023];
const blue = [0.03, 0.085, 0.26];
const green = [0.03, 0.13, 0.08];
const yellow = [0.68, 0.42, 0.03];
const beige = [0.42, 0.36, 0.26];
const graphite = [0.1, 0.105, 0.115];

const v = (kind, paint, stripe) => ({ kind, paint, stripe });
const walkers = ['man', 'woman', 'student'].map((kind) => ({ kind }));

const motorway = { origin: [0.4, 24], headingDeg: -79 };
const cross = { origin: [0, 19], headingDeg: 9 };
const side = { origin: [0, 19], headingDeg: -81 };
const high = { origin: [2, 16.5], headingDeg: -33 };
const stop = { origin: [0, 16.2], headingDeg: 16 };

export const scenes = {
  highway: {
    camera: { height: 7, pitchDeg: 19, fovDeg: 42 },
    background: () =>
      placed(
        motorway,
        group(
          patch(-80, -60, 90, 60, 0, 'Grass'),
          carriageway({ half: 80, z0: 0.9, z1: 8.6, laneLines: [4.4], edges: [1.2, 7.6], tracks: [2.7, 6.1] }),
          carriageway({ half: 80, z0: -8.6, z1: -0.9, laneLines: [-4.4], edges: [-1.2, -7.6], tracks: [-2.7, -6.1] }),
          patch(-80, -0.95, 90, -0.75, 5, 'Kerb'),
          patch(-80, 0.75, 90, 0.95, 5, 'Kerb'),
          at(guardRail(80), 0, 9.3),
          at(guardRail(80), 0, -9.3),
          manhole(-6, 8.1),
          ...[
            [-9, 13],
            [0, 15.5],
            [9, 13.2],
            [17, 16],
            [26, 13.5],
            [35, 15],
          ].map(([x, z], i) => at(`object { Tree${i % 2 ? 'A' : 'B'} rotate y*${i * 67} }`, x, z)),
          ...[
            [-7, -13.5],
            [3, -14],
            [13, -12.8],
            [22, -15.5],
            [31, -13],
            [40, -14],
          ].map(([x, z], i) => at(`object { Tree${i % 2 ? 'B' : 'A'} rotate y*${i * 111} }`, x, z)),
          ...[-14, -8, -3, 4, 8, 14, 19, 25].map((x, i) =>
            at(`object { Bush scale ${1 + (i % 3) * 0.4} rotate y*${i * 50} }`, x, 10.8 + (i % 2) * 0.8),
          ),
          ...[-6, 1, 6, 11, 17, 22].map((x, i) =>
            at(`object { Bush scale ${1 + (i % 3) * 0.4} rotate y*${i * 70} }`, x, -10.9 - (i % 2) * 0.7),
          ),
        ),
      ),
    paths: {
      away1: path(motorway, [-30, -2.7], [42, -2.7], [v('sedan', silver), v('hatch', red), v('suv', green)]),
      away2: path(motorway, [-30, -6.1], [42, -6.1], [v('suv', black), v('truck', blue, red)]),
      toward1: path(motorway, [42, 2.7], [-30, 2.7], [v('sedan', red), v('suv', white), v('hatch', yellow)]),
      toward2: path(
        motorway,
        [42, 6.1],
        [-30, 6.1],
        [v('sedan', blue), v('truck', white, green), v('bus', red, white)],
      ),
    },
  },
  junction: {
    camera: { height: 6.5, pitchDeg: 15, fovDeg: 58 },
    background: () =>
      group(
        patch(-90, -30, 90, 120, 0, 'Paving'),
        placed(
          cross,
          group(
            carriageway({ half: 60, z0: -3.8, z1: 3.8, solid: [-0.1, 0.1], edges: [-3.5, 3.5], tracks: [-1.8, 1.8] }),
            pavement(60, 3.8, 7.2),
            pavement(60, -7.2, -3.8),
          ),
        ),
        placed(
          side,
          group(
            carriageway({ half: 60, z0: -3.8, z1: 3.8, layer: 7, tracks: [-1.8, 1.8] }),
            ...[
              [-60, -9.6],
              [9.6, 60],
            ].map(([x0, x1]) =>
              group(patch(x0, -0.16, x1, -0.04, 9, 'Yellow'), patch(x0, 0.04, x1, 0.16, 9, 'Yellow')),
            ),
            ...[
              [-60, -7.2],
              [7.2, 60],
            ].map(([x0, x1]) => group(patch(x0, -4, x1, -3.8, 10, 'Kerb'), patch(x0, 3.8, x1, 4, 10, 'Kerb'))),
            patch(9.2, 0.3, 9.6, 3.5, 10, 'Marking'),
            patch(-9.6, -3.5, -9.2, -0.3, 10, 'Marking'),
            zebra(4.6, -3.6, 7.8, 3.6, 10),
          ),
        ),
        placed(
          cross,
          group(
            zebra(5.2, -3.6, 8.2, 3.6, 10),
            manhole(-9, 1),
            patch(-4.9, -3.5, -4.5, -0.3, 10, 'Marking'),
            patch(9.3, 0.3, 9.7, 3.5, 10, 'Marking'),
          ),
        ),
        placed(
          cross,
          group(
            at(
              building({
                width: 15,
                floors: 4,
                wall: 'BrickRed',
                sign: 'rgb <0.03,0.1,0.08>',
                awning: 'rgb <0.05,0.2,0.14>',
              }),
              -23.5,
              11,
            ),
            at(building({ width: 11, floors: 3, wall: 'Plaster', sign: 'rgb <0.2,0.05,0.04>' }), -35, 11),
            at(
              building({
                width: 14,
                floors: 4,
                wall: 'BrickBrown',
                sign: 'rgb <0.04,0.07,0.16>',
                awning: 'rgb <0.05,0.1,0.3>',
              }),
              9,
              11,
            ),
            at(building({ width: 12, floors: 3, wall: 'Plaster', sign: 'rgb <0.07,0.07,0.07>', awning: '' }), 23.5, 11),
            at(trafficLight(), -5.2, 5),
            at(trafficLight(), 5.1, 9.4),
            at(lamp(), -13, 4.6),
            at(lamp(), 15, 4.6),
            at(bin(), -8, 5.2),
            at(planter(), -17, 6),
            at(planter(), 19, 6),
            at('object { TreeA }', -20, 5.4),
            at('object { TreeB rotate y*90 }', 23, 5.4),
          ),
        ),
        placed(
          side,
          group(
            ...[1, -1].map((s) =>
              at(
                building({ width: 16, floors: 4, wall: s > 0 ? 'Plaster' : 'Stone', shop: false }),
                s > 0 ? 26 : 42,
                s * 8.2,
                s > 0 ? 0 : 180,
              ),
            ),
            at('object { TreeA rotate y*40 }', 29, 6),
            at('object { TreeB rotate y*130 }', 34, -6),
            at('object { TreeA rotate y*200 }', 42, 6),
            at(building({ width: 30, floors: 4, wall: 'BrickRed', shop: false }), 88, -15, -90),
          ),
        ),
      ),
    paths: {
      east: path(cross, [-34, -1.8], [34, -1.8], [v('sedan', white), v('hatch', blue), v('bus', green, white)]),
      west: path(cross, [34, 1.8], [-34, 1.8], [v('hatch', red), v('truck', red, blue), v('suv', graphite)]),
      south: path(side, [48, 1.8], [-12, 1.8], [v('sedan', silver), v('suv', red)], { fadeIn: true }),
      crossing: path(cross, [6.7, 16], [6.7, -11], [{ kind: 'man' }, { kind: 'student' }], {
        fadeIn: true,
        halts: true,
      }),
      corner: path(cross, [-30, 5.6], [-5, 5.6], [{ kind: 'woman' }], { fadeOut: true }),
    },
  },
  'high-street': {
    camera: { height: 5.2, pitchDeg: 14, fovDeg: 54 },
    background: () =>
      placed(
        high,
        group(
          patch(-90, -40, 90, 60, 0, 'Paving'),
          carriageway({ half: 80, z0: -3.6, z1: 5.8, edges: [3.4], solid: [-0.1, 0.1], tracks: [-1.7, 1.7] }),
          pavement(80, 5.8, 9.6),
          pavement(80, -7.4, -3.6),
          ...[-24, -18, -12, -6, 0, 6, 12, 18, 24, 30, 36].map((x) =>
            patch(x - 0.05, 3.5, x + 0.05, 5.7, 5, 'Marking'),
          ),
          manhole(3, -1.2),
          manhole(-11, 2.2),
          at(
            building({
              width: 10,
              floors: 3,
              wall: 'BrickRed',
              sign: 'rgb <0.03,0.1,0.08>',
              awning: 'rgb <0.05,0.22,0.15>',
            }),
            -34,
            9.7,
          ),
          at(
            building({
              width: 9,
              floors: 4,
              wall: 'Plaster',
              sign: 'rgb <0.22,0.05,0.04>',
              awning: 'rgb <0.4,0.05,0.05>',
            }),
            -24,
            9.7,
          ),
          at(
            building({ width: 12, floors: 3, wall: 'BrickBrown', sign: 'rgb <0.04,0.06,0.15>', awning: '' }),
            -15,
            9.7,
          ),
          at(
            building({ width: 8, floors: 3, wall: 'Stone', sign: 'rgb <0.1,0.1,0.1>', awning: 'rgb <0.5,0.3,0.04>' }),
            -3,
            9.7,
          ),
          at(
            building({
              width: 13,
              floors: 4,
              wall: 'BrickRed',
              sign: 'rgb <0.25,0.12,0.02>',
              awning: 'rgb <0.06,0.12,0.32>',
            }),
            5,
            9.7,
          ),
          at(building({ width: 10, floors: 3, wall: 'Plaster', sign: 'rgb <0.04,0.13,0.1>' }), 18, 9.7),
          at(building({ width: 14, floors: 4, wall: 'BrickBrown', sign: 'rgb <0.08,0.03,0.1>' }), 28, 9.7),
          at(building({ width: 14, floors: 3, wall: 'Stone', sign: 'rgb <0.08,0.03,0.1>' }), 42, 9.7),
          ...[-16, -4, 9, 21, 33].map((x, i) =>
            at(`object { Tree${i % 2 ? 'A' : 'B'} scale 0.8 rotate y*${i * 75} }`, x, 9.2),
          ),
          at(lamp(), -10, 6.2),
          at(lamp(), 15, 6.2),
          at(bin(), 3.5, 9.1),
          at(planter(), -1, 9),
          at(planter(), 12, 9),
        ),
      ),
    paths: {
      east: path(high, [-20, -1.7], [44, -1.7], [v('sedan', blue), v('suv', red), v('truck', green, yellow)]),
      west: path(high, [44, 1.7], [-20, 1.7], [v('suv', white), v('hatch', yellow), v('bus', red, white)]),
      parked1: path(high, [-3, 4.6], [-2.9, 4.6], [v('hatch', green)], { still: true }),
      parked2: path(high, [9, 4.6], [9.1, 4.6], [v('sedan', beige)], { still: true }),
      near: path(high, [-20, -5.4], [26, -5.4], walkers),
      far: path(high, [40, 7.2], [-24, 7.2], [{ kind: 'woman' }, { kind: 'student' }]),
    },
  },
  'bus-stop': {
    camera: { height: 5.5, pitchDeg: 13, fovDeg: 56 },
    background: () =>
      placed(
        stop,
        group(
          patch(-90, -40, 90, 60, 0, 'Paving'),
          carriageway({
            half: 80,
            z0: -3.8,
            z1: 6.6,
            laneLines: [3.4],
            solid: [-0.1, 0.1],
            edges: [-3.5],
            tracks: [-1.8, 1.7, 5],
          }),
          patch(-11, 3.9, -10.8, 6.4, 5, 'Yellow'),
          patch(7, 3.9, 7.2, 6.4, 5, 'Yellow'),
          patch(-11, 3.9, 7.2, 4.05, 5, 'Yellow'),
          patch(-11, 6.3, 7.2, 6.45, 5, 'Yellow'),
          pavement(80, 6.6, 11.5),
          pavement(80, -8, -3.8),
          patch(-80, 11.6, 90, 30, 1, 'Grass'),
          manhole(6, 0.8),
          manhole(-7, -2.4),
          at(shelter(), -3.6, 10.6),
          ...[-26, -17, -9.5, 5.5, 14, 24].map((x, i) =>
            at(`object { Tree${i % 2 ? 'B' : 'A'} rotate y*${i * 61} }`, x, 14 + (i % 3)),
          ),
          ...[-21, -14, -12, 0, 2, 9, 11, 18, 21].map((x, i) =>
            at(`object { Bush scale ${1.2 + (i % 3) * 0.4} rotate y*${i * 83} }`, x, 13 + (i % 2)),
          ),
          at(building({ width: 22, floors: 3, wall: 'BrickBrown', shop: false }), -36, 21),
          at(building({ width: 18, floors: 4, wall: 'Plaster', shop: false }), -10, 22),
          at(building({ width: 24, floors: 3, wall: 'BrickRed', shop: false }), 12, 21),
          at(lamp(), 8.5, 11),
          at(lamp(), -13, 11),
          at(bin(), 0.6, 10.4),
        ),
      ),
    paths: {
      east: path(stop, [-26, -1.8], [32, -1.8], [v('sedan', red), v('suv', blue), v('truck', yellow, green)]),
      west: path(stop, [32, 1.7], [-26, 1.7], [v('hatch', silver), v('suv', green)]),
      bus: path(stop, [38, 5], [-34, 5], [v('bus', white, red), v('bus', yellow, graphite)]),
      waiting1: path(stop, [-4.6, 9.2], [-4.6, 9.1], [{ kind: 'woman' }], { still: true }),
      waiting2: path(stop, [-2.2, 8.7], [-2.3, 8.6], [{ kind: 'man' }], { still: true }),
      waiting3: path(stop, [-0.4, 9.3], [-0.4, 9.2], [{ kind: 'student' }], { still: true }),
      near: path(stop, [-20, -5.6], [24, -5.6], walkers),
    },
  },
};
