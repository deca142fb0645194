// What every ray-traced picture shares: camera, sun and sky, and the textures the models name.
// A camera stands at [0, height, 0], looks along +z, tilted down by `pitchDeg`, `fovDeg` wide (whole angle).

export const baseWidth = 960;
export const baseHeight = 528;
const aspect = baseWidth / baseHeight;
const rad = (deg) => (deg * Math.PI) / 180;

/** Ground-space point -> pixel of the base picture, and its depth along the view axis in metres. */
export function project(camera, [x, y, z]) {
  const dy = y - camera.height;
  const p = rad(camera.pitchDeg);
  const depth = z * Math.cos(p) - dy * Math.sin(p);
  const up = z * Math.sin(p) + dy * Math.cos(p);
  const t = 2 * Math.tan(rad(camera.fovDeg) / 2);
  return { x: (0.5 + x / depth / t) * baseWidth, y: (0.5 - (up / depth / t) * aspect) * baseHeight, depth };
}

/** The camera for one rectangle (in base pixels, which may lie outside the picture) of the base picture. */
export function cameraText(camera, rect = { x: 0, y: 0, width: baseWidth, height: baseHeight }) {
  const right = 2 * Math.tan(rad(camera.fovDeg) / 2);
  const up = right / aspect;
  const dx = ((rect.x + rect.width / 2) / baseWidth - 0.5) * right;
  const dy = (0.5 - (rect.y + rect.height / 2) / baseHeight) * up;
  return `camera { location 0 direction <${dx},${dy},1> right x*${(right * rect.width) / baseWidth} up y*${(up * rect.height) / baseHeight} rotate x*${camera.pitchDeg} translate y*${camera.height} }`;
}

/** Direction towards the sun: high, from behind and left of every camera, so that what it sees is lit. */
export const sunDirection = [-0.55, 1.05, -0.62];

/** Sun with soft edges, and a dome of dim lights whose shadows darken what lies under and beside things. */
export function lightsText() {
  const sun = sunDirection.map((c) => c * 1000);
  const lights = [
    `light_source { <${sun}> rgb <1.0,0.95,0.86>*1.3 parallel point_at 0 area_light <26,0,0> <0,0,26> 3 3 adaptive 1 jitter circular orient }`,
  ];
  const count = 8;
  for (let i = 0; i < count; i += 1) {
    const azimuth = i * 2.39996;
    const height = 0.22 + (0.75 * (i + 0.5)) / count;
    const r = Math.sqrt(1 - height * height);
    const at = [Math.cos(azimuth) * r, height, Math.sin(azimuth) * r].map((c) => (c * 1000).toFixed(1));
    lights.push(`light_source { <${at}> rgb <0.72,0.85,1.0>*${(0.093).toFixed(3)} parallel point_at 0 }`);
  }
  // Light that the ground throws back.
  lights.push('light_source { <200,-600,-500> rgb <0.14,0.13,0.12> parallel point_at 0 shadowless }');
  return lights.join('\n');
}

export const header = `#version 3.7;
#include "colors.inc"
global_settings { assumed_gamma 1.0 max_trace_level 3 adc_bailout 0.02 }
#default { finish { ambient 0.02 diffuse 0.75 } }
`;

const sky =
  'pigment { gradient y color_map { [0.5 rgb <0.75,0.78,0.80>] [0.53 rgb <0.55,0.62,0.68>] [0.62 rgb <0.55,0.70,0.9>] [1 rgb <0.25,0.42,0.75>] } translate -0.5 scale 8000 } finish { ambient 0 diffuse 0 emission 0.95 }';

export const visibleSky = `sphere { 0 4000 hollow no_shadow ${sky} }\n`;

/** Sky, ground and dark street sides that only reflections see: a sprite's own background stays empty. */
export const surroundings = `
sphere { 0 4000 hollow no_image no_shadow ${sky} }
plane { y, -0.001 no_image no_shadow pigment { rgb 0.16 } finish { ambient 0.05 diffuse 0.6 } }
box { <-60,0,38> <60,7,39> no_image no_shadow pigment { rgb <0.16,0.15,0.13> } }
box { <-60,0,-39> <60,9,-38> no_image no_shadow pigment { rgb <0.2,0.18,0.16> } }
`;

export function texturesText(paint = [0.6, 0.6, 0.62], stripe = [0.1, 0.25, 0.5]) {
  const plain = (name, rgb, finish) => `#declare ${name} = texture { pigment { rgb <${rgb}> } finish { ${finish} } }`;
  const glossy = 'ambient 0.02 diffuse 0.72 specular 0.55 roughness 0.008 reflection { 0.03, 0.32 falloff 3 }';
  return [
    plain('Paint', paint, glossy),
    plain(
      'Roof',
      paint.map((c) => c * 0.96 + 0.02),
      glossy,
    ),
    plain('RoofPanel', [0.62, 0.63, 0.64], 'ambient 0.02 diffuse 0.75'),
    plain('Stripe', stripe, glossy),
    plain('Cargo', [0.82, 0.82, 0.8], 'ambient 0.02 diffuse 0.75 specular 0.1 roughness 0.05'),
    plain('Seam', [0.45, 0.45, 0.44], 'ambient 0.02 diffuse 0.7'),
    plain(
      'Glass',
      [0.018, 0.022, 0.026],
      'ambient 0.01 diffuse 0.5 specular 0.8 roughness 0.004 reflection { 0.09, 0.7 falloff 3 }',
    ),
    plain('Black', [0.012, 0.012, 0.013], 'ambient 0.01 diffuse 0.6 specular 0.1 roughness 0.05'),
    plain('Tyre', [0.02, 0.02, 0.021], 'ambient 0.01 diffuse 0.7'),
    plain('Rim', [0.62, 0.63, 0.65], 'ambient 0.03 diffuse 0.6 specular 0.5 roughness 0.02 reflection 0.12'),
    plain('RimDark', [0.1, 0.1, 0.11], 'ambient 0.02 diffuse 0.6'),
    plain('Chrome', [0.35, 0.35, 0.36], 'ambient 0.02 diffuse 0.5 specular 0.8 reflection 0.3'),
    plain(
      'Headlight',
      [0.85, 0.87, 0.9],
      'ambient 0.25 diffuse 0.6 specular 0.8 roughness 0.005 reflection { 0.1, 0.4 falloff 3 }',
    ),
    plain(
      'Taillight',
      [0.55, 0.015, 0.01],
      'ambient 0.25 diffuse 0.7 specular 0.7 roughness 0.01 reflection { 0.05, 0.3 falloff 3 }',
    ),
    plain('Plate', [0.8, 0.8, 0.76], 'ambient 0.03 diffuse 0.7'),
    plain('Display', [0.9, 0.42, 0.04], 'ambient 0.3 diffuse 0.3'),
    plain('SkinA', [0.62, 0.36, 0.25], 'ambient 0.03 diffuse 0.7'),
    plain('SkinB', [0.28, 0.15, 0.09], 'ambient 0.03 diffuse 0.7'),
    plain('HairDark', [0.02, 0.014, 0.01], 'ambient 0.01 diffuse 0.6 specular 0.15 roughness 0.05'),
    plain('HairFair', [0.3, 0.17, 0.06], 'ambient 0.01 diffuse 0.6 specular 0.15 roughness 0.05'),
    plain('Denim', [0.045, 0.075, 0.17], 'ambient 0.02 diffuse 0.75'),
    plain('Charcoal', [0.03, 0.03, 0.035], 'ambient 0.02 diffuse 0.75'),
    plain('Khaki', [0.3, 0.24, 0.15], 'ambient 0.02 diffuse 0.75'),
    plain('RedCoat', [0.45, 0.03, 0.03], 'ambient 0.02 diffuse 0.75'),
    plain('WhiteShirt', [0.75, 0.75, 0.73], 'ambient 0.02 diffuse 0.75'),
    plain('GreenCoat', [0.05, 0.14, 0.07], 'ambient 0.02 diffuse 0.75'),
    plain('Orange', [0.7, 0.22, 0.03], 'ambient 0.02 diffuse 0.75'),
    plain('Shoes', [0.03, 0.025, 0.022], 'ambient 0.02 diffuse 0.7 specular 0.2'),
  ].join('\n');
}
