// Renders the demo artwork with POV-Ray 3.7 into src/demo/art: per scene one background, one atlas of sprites with their
// soft shadows, and an index. Only needed to change the artwork; users never run it.
//
//   node scripts/demo-art/render.mjs [scene ...] [--background] [--jobs 2]
//
// Every sprite is traced by its scene's own camera at stations along its path, close enough that between two of them
// scaling and shifting suffice. Two passes: the object alone with its alpha, and its shadow alone on a white ground.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { looks, person } from './persons.mjs';
import { declarations } from './scenery.mjs';
import { scenes } from './scenes.mjs';
import { bus, hatch, sedan, suv, truck } from './vehicles.mjs';
import {
  baseHeight,
  baseWidth,
  cameraText,
  header,
  lightsText,
  project,
  sunDirection,
  surroundings,
  texturesText,
  visibleSky,
} from './world.mjs';

const run = promisify(execFile);
const artFolder = fileURLToPath(new URL('../../src/demo/art/', import.meta.url));
const args = process.argv.slice(2);
const jobs = args.includes('--jobs') ? Number(args[args.indexOf('--jobs') + 1]) : 2;
const names = args.filter((a) => a in scenes);
const walkPhases = 4;
const labels = { sedan: 'car', hatch: 'car', suv: 'car', bus: 'bus', truck: 'truck' };

const builders = { bus, hatch, sedan, suv, truck };
const built = new Map();
function vehicle(kind) {
  if (!built.has(kind)) built.set(kind, builders[kind]());
  return built.get(kind);
}

async function povray(folder, name, text, width, height, flags) {
  const input = join(folder, `${name}.pov`);
  const output = join(folder, `${name}.png`);
  await writeFile(input, text);
  try {
    await run('povray', [`+I${input}`, `+O${output}`, `+W${width}`, `+H${height}`, '-D', '+WT1', ...flags], {
      maxBuffer: 1 << 26,
    });
  } catch (error) {
    throw new Error(`povray failed on ${input}: ${String(error.stderr).slice(-1500)}`);
  }
  return output;
}

/** The rectangle of base pixels that holds a box-shaped object standing at [x, z], with or without its shadow. */
function boundsAt(camera, [w, h, l], headingDeg, [x, z], withShadow) {
  const c = Math.cos((headingDeg * Math.PI) / 180);
  const s = Math.sin((headingDeg * Math.PI) / 180);
  const xs = [];
  const ys = [];
  let nearest = Number.POSITIVE_INFINITY;
  for (const a of [-w / 2, w / 2]) {
    for (const b of [-l / 2, l / 2]) {
      const base = [x + a * c + b * s, 0, z - a * s + b * c];
      const corners = [base, [base[0], h, base[2]]];
      if (withShadow)
        corners.push([
          base[0] - (sunDirection[0] / sunDirection[1]) * h,
          0,
          base[2] - (sunDirection[2] / sunDirection[1]) * h,
        ]);
      for (const corner of corners) {
        const p = project(camera, corner);
        xs.push(p.x);
        ys.push(p.y);
        nearest = Math.min(nearest, p.depth);
      }
    }
  }
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys), nearest };
}

/** Where along its path (metres) a model is traced: evenly by how much its view changes. */
function stationsOf(camera, path, size, headingDeg) {
  const dx = path.to[0] - path.from[0];
  const dz = path.to[1] - path.from[1];
  const length = Math.hypot(dx, dz);
  const point = (s) => [path.from[0] + (dx * s) / length, path.from[1] + (dz * s) / length];
  if (path.still) return [{ s: length / 2, point: point(length / 2) }];
  const big = size[2] > 6;
  const small = size[2] < 2;
  const angle = ((big ? 6 : small ? 12 : 8) * Math.PI) / 180;
  const ratio = big ? 0.11 : small ? 0.2 : 0.15;
  const seen = [];
  for (let s = 0; s <= length; s += 0.2) {
    const p = point(s);
    const b = boundsAt(camera, size, headingDeg, p, false);
    if (b.nearest < 2.5 || b.x1 - b.x0 > baseWidth * 1.25 || b.y1 - b.y0 > baseHeight * 1.2) continue;
    const inside =
      Math.max(0, Math.min(b.x1, baseWidth) - Math.max(b.x0, 0)) *
      Math.max(0, Math.min(b.y1, baseHeight) - Math.max(b.y0, 0));
    if (inside / ((b.x1 - b.x0) * (b.y1 - b.y0)) < 0.02) continue;
    seen.push({ s, p, depth: project(camera, [p[0], 0, p[1]]).depth });
  }
  const change = [0];
  for (let i = 1; i < seen.length; i += 1) {
    const [a, b] = [seen[i - 1], seen[i]];
    const azimuth = Math.abs(Math.atan2(b.p[0], b.p[1]) - Math.atan2(a.p[0], a.p[1]));
    const elevation = Math.abs(
      Math.atan2(camera.height, Math.hypot(...b.p)) - Math.atan2(camera.height, Math.hypot(...a.p)),
    );
    change.push(
      change[i - 1] + Math.max(azimuth / angle, elevation / angle, Math.abs(Math.log(b.depth / a.depth)) / ratio),
    );
  }
  const count = Math.max(1, Math.ceil(change[change.length - 1]));
  const stations = [];
  for (let k = 0; k < count; k += 1) {
    const wanted = ((k + 0.5) / count) * change[change.length - 1];
    const i = change.findIndex((c) => c >= wanted);
    stations.push({ s: seen[i].s, point: seen[i].p });
  }
  return stations;
}

const linear = Float32Array.from({ length: 256 }, (_, i) =>
  i / 255 <= 0.04045 ? i / 255 / 12.92 : ((i / 255 + 0.055) / 1.055) ** 2.4,
);

/** Traces one sprite. Gives RGBA pixels cropped to what is there, the crop's place, and the object's own tight box. */
async function traceSprite(folder, name, { camera, text, textures, headingDeg, point, size }) {
  const b = boundsAt(camera, size, headingDeg, point, true);
  const x = Math.floor(b.x0) - 6;
  const y = Math.floor(b.y0) - 6;
  const width = Math.ceil(b.x1) + 6 - x;
  const height = Math.ceil(b.y1) + 6 - y;
  const rect = { x, y, width, height };
  const common = header + textures + lightsText() + cameraText(camera, rect);
  const place = `rotate y*${headingDeg.toFixed(3)} translate <${point[0].toFixed(4)},0,${point[1].toFixed(4)}>`;
  const objectPng = await povray(
    folder,
    `${name}-o`,
    `${common}${surroundings}object { ${text} ${place} }`,
    width,
    height,
    ['+UA', '+A0.2', '+AM2', '+R2'],
  );
  const shadowText = `${common}plane { y, 0 pigment { rgb 0.4 } finish { ambient 0 diffuse 1 } }\nobject { ${text} ${place} no_image }`;
  // Shadows are soft: half the resolution is enough for them.
  const shadowPng = await povray(folder, `${name}-s`, shadowText, Math.ceil(width / 2), Math.ceil(height / 2), ['-A']);
  const object = await sharp(objectPng).ensureAlpha().raw().toBuffer();
  const shadow = await sharp(shadowPng)
    .removeAlpha()
    .blur(0.6)
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
  let lit = 0;
  for (let i = 1; i < shadow.length; i += 3) lit = Math.max(lit, linear[shadow[i]]);
  lit *= 0.97;
  const out = Buffer.alloc(width * height * 4);
  const all = { x0: width, y0: height, x1: -1, y1: -1 };
  const own = { x0: width, y0: height, x1: -1, y1: -1 };
  const grow = (r, px, py) => {
    r.x0 = Math.min(r.x0, px);
    r.y0 = Math.min(r.y0, py);
    r.x1 = Math.max(r.x1, px);
    r.y1 = Math.max(r.y1, py);
  };
  for (let py = 0; py < height; py += 1) {
    for (let px = 0; px < width; px += 1) {
      const i = py * width + px;
      const alpha = object[i * 4 + 3] / 255;
      // Shadow as black of such an alpha that sRGB values darken as the light does.
      let dark = 1 - Math.min(1, linear[shadow[i * 3 + 1]] / lit) ** (1 / 2.2);
      if (dark < 0.03) dark = 0;
      const total = alpha + (1 - alpha) * dark;
      if (total <= 0.012) continue;
      for (let c = 0; c < 3; c += 1) out[i * 4 + c] = Math.round((object[i * 4 + c] * alpha) / total);
      out[i * 4 + 3] = Math.round(total * 255);
      grow(all, px, py);
      if (alpha > 0.5) grow(own, px, py);
    }
  }
  const crop = { left: all.x0, top: all.y0, width: all.x1 - all.x0 + 1, height: all.y1 - all.y0 + 1 };
  const pixels = await sharp(out, { raw: { width, height, channels: 4 } })
    .extract(crop)
    .png()
    .toBuffer();
  await Promise.all([objectPng, shadowPng].flatMap((file) => [rm(file), rm(file.replace('.png', '.pov'))]));
  const anchor = project(camera, [point[0], 0, point[1]]);
  const round = (n) => Math.round(n * 10) / 10;
  return {
    pixels,
    width: crop.width,
    height: crop.height,
    dx: round(x + crop.left - anchor.x),
    dy: round(y + crop.top - anchor.y),
    box: [x + own.x0 - anchor.x, y + own.y0 - anchor.y, x + own.x1 + 1 - anchor.x, y + own.y1 + 1 - anchor.y].map(
      round,
    ),
  };
}

/** Packs sprites on shelves of one atlas; sets their `atlas` places. */
async function packAtlas(sprites, file) {
  const width = 2048;
  const gap = 4;
  let x = gap;
  let y = gap;
  let shelf = 0;
  for (const sprite of [...sprites].sort((a, b) => b.height - a.height)) {
    if (x + sprite.width + gap > width) {
      x = gap;
      y += shelf + gap;
      shelf = 0;
    }
    sprite.atlas = [x, y];
    x += sprite.width + gap;
    shelf = Math.max(shelf, sprite.height);
  }
  const composite = sprites.map((s) => ({ input: s.pixels, left: s.atlas[0], top: s.atlas[1] }));
  const sheet = sharp({
    create: { width, height: y + shelf + gap, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
  });
  await sheet
    .composite(composite)
    .webp({ quality: 80, alphaQuality: 50, effort: 6, smartSubsample: true })
    .toFile(file);
}

async function renderScene(name, folder) {
  const scene = scenes[name];
  const base = header + texturesText() + declarations + lightsText() + visibleSky + cameraText(scene.camera);
  const background = povray(folder, `${name}-bg`, base + scene.background(), baseWidth, baseHeight, [
    '+A0.25',
    '+AM2',
    '+R2',
  ]).then((png) =>
    sharp(png)
      .webp({ quality: 90, effort: 6, smartSubsample: true })
      .toFile(join(artFolder, `${name}-background.webp`)),
  );
  if (args.includes('--background')) return background;
  const index = { width: baseWidth, height: baseHeight, camera: scene.camera, paths: {} };
  const tasks = [];
  const sprites = [];
  for (const [pathName, path] of Object.entries(scene.paths)) {
    const headingDeg = (Math.atan2(path.to[0] - path.from[0], path.to[1] - path.from[1]) * 180) / Math.PI;
    const entry = {
      from: path.from,
      to: path.to,
      fade: path.fadeIn ? 'in' : path.fadeOut ? 'out' : 'none',
      models: [],
    };
    index.paths[pathName] = entry;
    path.models.forEach((model, m) => {
      const look = looks[model.kind];
      const walk = Array.from({ length: walkPhases }, (_, k) => k / walkPhases);
      const phases = look === undefined ? [0] : path.still ? ['stand'] : path.halts ? [...walk, 'stand'] : walk;
      const views = phases.map((phase) => (look === undefined ? vehicle(model.kind) : person(look, phase)));
      const { size } = views[0];
      const modelEntry = { kind: model.kind, label: labels[model.kind] ?? 'person', stations: [] };
      entry.models.push(modelEntry);
      for (const [k, station] of stationsOf(scene.camera, path, size, headingDeg).entries()) {
        const stationEntry = { s: Math.round(station.s * 100) / 100, sprites: [] };
        modelEntry.stations.push(stationEntry);
        views.forEach((view, phase) => {
          tasks.push(async () => {
            const textures = texturesText(model.paint, model.stripe);
            const id = `${name}-${pathName}-${m}-${k}-${phase}`;
            const sprite = await traceSprite(folder, id, {
              camera: scene.camera,
              text: view.text,
              textures,
              headingDeg,
              point: station.point,
              size,
            });
            sprites.push(sprite);
            stationEntry.sprites[phase] = sprite;
            if (sprites.length % 20 === 0) process.stdout.write(`  ${sprites.length}\n`);
          });
        });
      }
    });
  }
  const total = tasks.length;
  process.stdout.write(`${name}: ${total} sprites\n`);
  const worker = async () => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) await task();
  };
  await Promise.all([background, ...Array.from({ length: jobs }, worker)]);
  await packAtlas(sprites, join(artFolder, `${name}-sprites.webp`));
  // One sprite: its place in the atlas, its size, its offset from the point it stands on, and its own box without shadow.
  const compact = JSON.stringify(index, (_key, value) =>
    value?.pixels === undefined ? value : [...value.atlas, value.width, value.height, value.dx, value.dy, ...value.box],
  );
  await writeFile(join(artFolder, `${name}.json`), compact);
  return total;
}

const folder = await mkdtemp(join(tmpdir(), 'camshard-art-'));
try {
  for (const name of names.length > 0 ? names : Object.keys(scenes)) {
    const startedAt = Date.now();
    await renderScene(name, folder);
    process.stdout.write(`${name}: done in ${Math.round((Date.now() - startedAt) / 1000)} s\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
