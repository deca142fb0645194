// Walking and standing persons from sphere sweeps; feet on the ground at the origin, facing +z. Sizes in metres.

const v = (...c) => `<${c.map((x) => x.toFixed(4)).join(',')}>`;
const limb = (points, radii, texture) =>
  `sphere_sweep { linear_spline ${points.length}, ${points.map((p, i) => `${v(...p)}, ${radii[i]}`).join(', ')} texture { ${texture} } }`;

/**
 * @param {{ skin: string, hair: string, top: string, legs: string, shoes: string, longHair?: boolean, coat?: boolean, backpack?: string, height?: number }} look
 * @param {number | 'stand'} phase 0..1 of one stride (two steps), or standing
 */
export function person(look, phase) {
  const swing = phase === 'stand' ? 0.06 : Math.sin(phase * 2 * Math.PI) * 0.5;
  const lift = phase === 'stand' ? 0 : Math.abs(Math.cos(phase * 2 * Math.PI));
  const parts = [];
  const hipY = 0.9;
  for (const side of [-1, 1]) {
    const a = swing * side;
    // The leg that swings forward at mid-stride bends its knee.
    const forward = phase !== 'stand' && Math.sign(Math.cos(phase * 2 * Math.PI)) === side;
    const bend = forward ? 0.55 * lift : Math.max(0, -a) * 0.5;
    const hip = [side * 0.095, hipY, 0];
    const knee = [side * 0.1, hipY - 0.43 * Math.cos(a + bend * 0.5), 0.43 * Math.sin(a + bend * 0.5)];
    const shin = a - bend * 0.7;
    const ankle = [side * 0.1, Math.max(0.08, knee[1] - 0.41 * Math.cos(shin)), knee[2] + 0.41 * Math.sin(shin)];
    parts.push(limb([hip, knee, ankle], [0.1, 0.07, 0.052], look.legs));
    parts.push(limb([ankle, [ankle[0], ankle[1] - 0.02, ankle[2] + 0.17]], [0.055, 0.045], look.shoes));
    const b = -swing * side * 0.85;
    const shoulder = [side * 0.215, 1.4, 0];
    const elbow = [side * 0.265, 1.4 - 0.28 * Math.cos(b), 0.28 * Math.sin(b)];
    const wrist = [side * 0.26, elbow[1] - 0.24 * Math.cos(b + 0.35), elbow[2] + 0.24 * Math.sin(b + 0.35)];
    parts.push(limb([shoulder, elbow, wrist], [0.07, 0.055, 0.042], look.top));
    parts.push(`sphere { ${v(wrist[0], wrist[1] - 0.05, wrist[2] + 0.02)} 0.05 texture { ${look.skin} } }`);
  }
  const torso = (points, radii) =>
    `sphere_sweep { cubic_spline ${points.length}, ${points.map((p, i) => `${v(...p)}, ${radii[i]}`).join(', ')} scale <1.2,1,0.8> texture { ${look.top} } }`;
  parts.push(
    torso(
      [
        [0, 0.8, 0],
        [0, 0.93, 0],
        [0, 1.1, 0],
        [0, 1.3, 0.01],
        [0, 1.42, 0],
        [0, 1.5, 0],
      ],
      [0.13, 0.14, 0.14, 0.165, 0.12, 0.06],
    ),
  );
  if (look.coat) parts.push(`cone { <0,0.52,0> 0.23 <0,1.05,0> 0.15 scale <1.1,1,0.9> texture { ${look.top} } }`);
  parts.push(`cylinder { <0,1.42,0> <0,1.56,0.01> 0.055 texture { ${look.skin} } }`);
  parts.push(`sphere { 0 0.105 scale <0.9,1.22,1.02> translate <0,1.635,0.015> texture { ${look.skin} } }`);
  parts.push(
    `difference { sphere { 0 0.118 scale <0.94,1.2,1.04> translate <0,1.65,0> } plane { <0,-0.6,0.8> 0 inverse translate <0,1.66,0.05> } texture { ${look.hair} } }`,
  );
  if (look.longHair)
    parts.push(
      limb(
        [
          [0, 1.66, -0.05],
          [0, 1.45, -0.09],
        ],
        [0.1, 0.085],
        look.hair,
      ),
    );
  if (look.backpack)
    parts.push(
      `superellipsoid { <0.4,0.4> scale <0.15,0.21,0.09> translate <0,1.2,-0.2> texture { ${look.backpack} } }`,
    );
  const scale = (look.height ?? 1.75) / 1.76;
  return { text: `union { ${parts.join('\n')} scale ${scale.toFixed(3)} }`, size: [0.75, 1.85 * scale, 1.1] };
}

/** The persons that appear, by kind. */
export const looks = {
  man: { skin: 'SkinA', hair: 'HairDark', top: 'Charcoal', legs: 'Denim', shoes: 'Shoes' },
  woman: {
    skin: 'SkinA',
    hair: 'HairFair',
    top: 'RedCoat',
    legs: 'Charcoal',
    shoes: 'Shoes',
    longHair: true,
    coat: true,
    height: 1.68,
  },
  student: { skin: 'SkinB', hair: 'HairDark', top: 'WhiteShirt', legs: 'Khaki', shoes: 'Shoes', backpack: 'GreenCoat' },
};
