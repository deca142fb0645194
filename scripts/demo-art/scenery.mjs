// Pieces of a street: ground, buildings, trees, furniture. Each returns POV-Ray text. Metres; ground at y = 0.
// Ground pieces lie a few millimetres above one another (`layer`), so that none fights another for the same height.

export const at = (text, x, z, headingDeg = 0) => `object { ${text} rotate y*${headingDeg} translate <${x},0,${z}> }`;
export const group = (...parts) => `union { ${parts.flat(9).join('\n')} }`;

const slab = (x0, z0, x1, z1, layer, texture) =>
  `box { <${Math.min(x0, x1)},-0.05,${Math.min(z0, z1)}> <${Math.max(x0, x1)},${(layer * 0.003).toFixed(4)},${Math.max(z0, z1)}> ${texture} }`;

export const declarations = `
#declare AsphaltGrain = pigment { granite scale 0.35 color_map { [0 rgb 0.12] [0.5 rgb <0.17,0.17,0.173>] [1 rgb 0.25] } }
#declare AsphaltStain = pigment { bozo scale <3.2,1,1.7> turbulence 0.6 color_map { [0 rgb 0.145] [0.5 rgb 0.168] [1 rgb <0.192,0.188,0.183>] } }
#declare Asphalt = texture { pigment { average pigment_map { [1 AsphaltGrain] [1.6 AsphaltStain] } } finish { diffuse 0.8 } normal { granite 0.15 scale 0.05 } }
  texture { pigment { crackle scale 4.3 turbulence 0.3 color_map { [0 rgbt <0.05,0.05,0.05,0.35>] [0.006 rgbt <0.06,0.06,0.06,0.6>] [0.011 rgbt 1] [1 rgbt 1] } } }
#declare Paving = texture { pigment { average pigment_map {
    [1 brick rgb <0.24,0.23,0.21>, rgb <0.36,0.35,0.32> brick_size <0.6,0.3,0.6> mortar 0.014]
    [1 granite scale 0.5 color_map { [0 rgb 0.26] [1 rgb <0.42,0.40,0.37>] }] } } }
#declare Kerb = texture { pigment { granite scale 0.2 color_map { [0 rgb 0.36] [1 rgb 0.48] } } }
#declare Grass = texture { pigment { average pigment_map {
    [1 granite scale 0.22 color_map { [0 rgb <0.035,0.075,0.02>] [1 rgb <0.13,0.20,0.05>] }]
    [1 bozo scale 1.9 color_map { [0 rgb <0.07,0.12,0.03>] [1 rgb <0.12,0.15,0.05>] }] } } normal { bumps 0.8 scale 0.07 } }
#declare Marking = texture { pigment { granite scale 0.6 color_map { [0 rgb 0.42] [0.35 rgb 0.62] [1 rgb 0.72] } } }
#declare Yellow = texture { pigment { granite scale 0.6 color_map { [0 rgb <0.45,0.3,0.04>] [1 rgb <0.68,0.46,0.08>] } } }
#declare Wear = texture { pigment { rgbt <0.02,0.02,0.02,0.78> } }
#declare BrickRed = texture { pigment { brick rgb <0.33,0.27,0.23>, rgb <0.26,0.095,0.06> brick_size <0.24,0.075,0.12> mortar 0.012 } }
#declare BrickBrown = texture { pigment { brick rgb <0.3,0.26,0.22>, rgb <0.21,0.125,0.08> brick_size <0.24,0.075,0.12> mortar 0.012 } }
#declare Plaster = texture { pigment { bozo scale 2 turbulence 0.5 color_map { [0 rgb <0.46,0.42,0.34>] [1 rgb <0.53,0.49,0.41>] } } }
#declare Stone = texture { pigment { granite scale 1.4 color_map { [0 rgb 0.30] [1 rgb <0.42,0.41,0.39>] } } }
#declare Steel = texture { pigment { rgb 0.26 } finish { specular 0.4 diffuse 0.6 reflection 0.08 } }
#declare DarkSteel = texture { pigment { rgb <0.03,0.04,0.04> } finish { specular 0.3 diffuse 0.7 } }
#declare Bark = texture { pigment { granite scale <0.1,0.8,0.1> color_map { [0 rgb <0.05,0.035,0.025>] [1 rgb <0.13,0.1,0.075>] } } }
#declare ClearGlass = texture { pigment { rgbt <0.6,0.75,0.75,0.82> } finish { specular 0.6 roughness 0.005 reflection { 0.03, 0.3 falloff 3 } } }
#macro Crown(Seed, Radius, Height, Count, Leaf)
  #local R = seed(Seed);
  union {
    #local I = 0;
    #while (I < Count)
      #local K = mod(I, 11);
      #local RK = seed(Seed * 31 + K);
      #local C = <(rand(RK) - 0.5) * 1.5 * Radius, (rand(RK) - 0.35) * 1.25 * Radius, (rand(RK) - 0.5) * 1.5 * Radius>;
      #local D = vnormalize(<rand(R) - 0.5, rand(R) - 0.42, rand(R) - 0.5>);
      disc { 0, vnormalize(D + 1.4 * <rand(R) - 0.5, rand(R) - 0.2, rand(R) - 0.5>), Leaf * (0.7 + 0.6 * rand(R))
        translate C + D * Radius * (0.45 + 0.16 * rand(R))
        texture { pigment { rgb <0.075 + 0.07 * rand(R), 0.15 + 0.09 * rand(R), 0.03 + 0.02 * rand(R)> } finish { diffuse 0.75 } } }
      #local I = I + 1;
    #end
    translate y * Height
  }
#end
#declare TreeA = union { Crown(7, 1.9, 4.3, 2600, 0.16) cone { 0 0.17 <0.1,3.9,0> 0.08 texture { Bark } } }
#declare TreeB = union { Crown(23, 2.2, 4.7, 3000, 0.17) cone { 0 0.2 <-0.15,4.2,0.1> 0.09 texture { Bark } } }
#declare Bush = union { Crown(41, 0.7, 0.45, 900, 0.085) }
`;

/** A carriageway along x from -half to half, `lanes` centre lines given in z; painted edges and worn wheel tracks. */
export function carriageway({ half, z0, z1, laneLines = [], solid = [], edges = [], tracks = [], layer = 1 }) {
  const parts = [slab(-half, z0, half, z1, layer, 'texture { Asphalt }')];
  for (const z of tracks)
    for (const d of [-0.78, 0.78])
      parts.push(slab(-half, z + d - 0.2, half, z + d + 0.2, layer + 0.4, 'texture { Wear } no_shadow'));
  for (const z of edges) parts.push(slab(-half, z - 0.06, half, z + 0.06, layer + 1, 'texture { Marking }'));
  for (const z of solid) parts.push(slab(-half, z - 0.06, half, z + 0.06, layer + 1, 'texture { Yellow }'));
  for (const z of laneLines)
    for (let x = -half; x < half; x += 6)
      parts.push(slab(x, z - 0.06, x + 2.4, z + 0.06, layer + 1, 'texture { Marking }'));
  return group(parts);
}

export const pavement = (half, z0, z1, layer = 1) =>
  group(
    slab(-half, z0, half, z1, layer, 'texture { Paving }'),
    slab(-half, z0 - 0.08, half, z0 + 0.08, layer + 2, 'texture { Kerb }'),
    slab(-half, z1 - 0.08, half, z1 + 0.08, layer + 2, 'texture { Kerb }'),
  );

export const patch = (x0, z0, x1, z1, layer, name) => slab(x0, z0, x1, z1, layer, `texture { ${name} }`);

/** Zebra crossing over x0..x1 and z0..z1, stripes along z. */
export function zebra(x0, z0, x1, z1, layer = 3) {
  const parts = [];
  for (let z = z0; z < z1 - 0.3; z += 1) parts.push(slab(x0, z, x1, z + 0.5, layer, 'texture { Marking }'));
  return group(parts);
}

export const manhole = (x, z) =>
  `cylinder { <${x},-0.02,${z}> <${x},0.011,${z}> 0.33 texture { pigment { checker rgb 0.07, rgb 0.1 scale 0.06 } finish { specular 0.2 } } }`;

/** A house front along x from 0 to `width`, facing -z, with shops below and windows above. */
export function building({
  width,
  floors,
  wall,
  shop = true,
  awning = 'rgb <0.3,0.05,0.05>',
  sign = 'rgb <0.05,0.12,0.1>',
  depth = 9,
}) {
  const floor = 3.1;
  const ground = shop ? 3.7 : 3.3;
  const height = ground + floor * (floors - 1) + 0.7;
  const parts = [`box { <0,0,0> <${width},${height},${depth}> texture { ${wall} } }`];
  parts.push(`box { <-0.1,${height - 0.35},-0.22> <${width + 0.1},${height},${depth}> texture { Stone } }`);
  const window = (x, y, w, h) => [
    `box { <${x},${y},-0.02> <${x + w},${y + h},0.2> texture { pigment { rgb 0.75 } } }`,
    `box { <${x + 0.08},${y + 0.08},-0.035> <${x + w / 2 - 0.03},${y + h - 0.08},0.1> texture { Glass } }`,
    `box { <${x + w / 2 + 0.03},${y + 0.08},-0.035> <${x + w - 0.08},${y + h - 0.08},0.1> texture { Glass } }`,
    `box { <${x - 0.1},${y - 0.12},-0.14> <${x + w + 0.1},${y},0.1> texture { Stone } }`,
  ];
  const bays = Math.max(2, Math.round(width / 2.3));
  const pitch = width / bays;
  for (let f = 1; f < floors; f += 1)
    for (let b = 0; b < bays; b += 1)
      parts.push(...window(b * pitch + pitch / 2 - 0.6, ground + (f - 1) * floor + 0.75, 1.2, 1.75));
  if (shop) {
    parts.push(`box { <0.25,0,-0.03> <${width - 0.25},3.2,0.3> texture { pigment { ${sign} } } }`);
    const panes = Math.max(2, Math.round(width / 2.6));
    const step = (width - 0.8) / panes;
    for (let b = 0; b < panes; b += 1) {
      const door = b === Math.floor(panes / 2);
      parts.push(
        `box { <${0.4 + b * step + 0.1},${door ? 0.06 : 0.55},-0.06> <${0.4 + (b + 1) * step - 0.1},2.45,0.2> texture { Glass } }`,
      );
    }
    parts.push(
      `box { <0.5,2.68,-0.08> <${width - 0.5},3.08,0> texture { pigment { ${sign} } finish { specular 0.2 } } }`,
    );
    parts.push(
      `box { <${width * 0.3},2.78,-0.1> <${width * 0.7},2.98,0> texture { pigment { rgb <0.75,0.7,0.55> } } }`,
    );
    if (awning) {
      const stripes = `pigment { gradient x scale 0.8 color_map { [0.5 ${awning}] [0.5 rgb 0.62] } }`;
      parts.push(
        `box { <0.4,-0.03,-1.2> <${width - 0.4},0.03,0> rotate x*-18 translate y*2.62 texture { ${stripes} } }`,
      );
    }
  } else {
    for (let b = 0; b < bays; b += 1) {
      if (b === Math.floor(bays / 2))
        parts.push(
          `box { <${b * pitch + pitch / 2 - 0.55},0.1,-0.05> <${b * pitch + pitch / 2 + 0.55},2.3,0.1> texture { pigment { rgb <0.1,0.06,0.04> } finish { specular 0.2 } } }`,
        );
      else parts.push(...window(b * pitch + pitch / 2 - 0.6, 0.95, 1.2, 1.7));
    }
  }
  return group(parts);
}

export const lamp = () =>
  group(
    'cone { 0 0.1 <0,6.5,0> 0.055 texture { DarkSteel } }',
    'cylinder { <0,6.45,0> <0,6.6,-1.2> 0.04 texture { DarkSteel } }',
    'box { <-0.12,6.52,-1.75> <0.12,6.64,-1.1> texture { Steel } }',
  );

export const trafficLight = () =>
  group(
    'cylinder { 0 <0,3,0> 0.07 texture { DarkSteel } }',
    'box { <-0.2,2.4,-0.15> <0.2,3.45,0.1> texture { DarkSteel } }',
    ...[3.2, 2.92, 2.64].map(
      (y, i) =>
        `sphere { <0,${y},-0.13> 0.1 texture { pigment { rgb ${['<0.6,0.03,0.02>', '<0.25,0.14,0.02>', '<0.02,0.12,0.06>'][i]} } finish { emission ${i === 0 ? 0.7 : 0.05} } } }`,
    ),
  );

/** A bus shelter 4.2 m wide, open towards -z, its stop flag at its right. */
export const shelter = () =>
  group(
    'box { <-2.1,2.35,-1.35> <2.1,2.47,0.1> texture { DarkSteel } }',
    ...[-2.05, 0, 2.05].map((x) => `cylinder { <${x},0,0> <${x},2.4,0> 0.045 texture { DarkSteel } }`),
    'box { <-2.05,0.2,-0.01> <2.05,2.2,0.01> texture { ClearGlass } }',
    'box { <-2.06,0.2,-1.2> <-2.04,2.2,0> texture { pigment { rgb <0.5,0.3,0.1> } } }',
    'box { <-1.6,0.42,-0.5> <1.4,0.5,-0.1> texture { pigment { rgb <0.22,0.13,0.07> } } }',
    'box { <-1.5,0,-0.35> <-1.42,0.45,-0.25> texture { DarkSteel } } box { <1.22,0,-0.35> <1.3,0.45,-0.25> texture { DarkSteel } }',
    'cylinder { <3,0,-0.6> <3,2.7,-0.6> 0.04 texture { Steel } } box { <2.78,2.1,-0.62> <3.22,2.75,-0.58> texture { pigment { rgb <0.08,0.2,0.5> } } } box { <2.86,2.3,-0.63> <3.14,2.55,-0.57> texture { pigment { rgb 0.7 } } }',
  );

export const bin = () =>
  group(
    'cylinder { <0,0.1,0> <0,0.95,0> 0.24 texture { pigment { rgb <0.03,0.09,0.05> } } }',
    'cylinder { <0,0.95,0> <0,1,0> 0.26 texture { DarkSteel } }',
  );

export const planter = () =>
  group(
    'box { <-0.9,0,-0.35> <0.9,0.45,0.35> texture { Stone } }',
    'object { Bush scale <1,0.7,0.5> translate <-0.3,0.3,0> }',
    'object { Bush scale <0.9,0.8,0.5> rotate y*80 translate <0.4,0.3,0> }',
  );

/** Steel guard rail along x. */
export function guardRail(half) {
  const parts = [
    `box { <${-half},0.5,-0.03> <${half},0.62,0.03> texture { Steel } }`,
    `box { <${-half},0.68,-0.03> <${half},0.8,0.03> texture { Steel } }`,
  ];
  for (let x = -half; x < half; x += 2) parts.push(`box { <${x},0,0.02> <${x + 0.1},0.75,0.12> texture { Steel } }`);
  return group(parts);
}
