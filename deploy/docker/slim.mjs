// Run once while the image is built, in the application's folder, after `npm prune --omit=dev`: takes away what packages
// carry for other platforms and for people who read them. What is left is what a node on this platform loads.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const PLATFORM = process.platform;
const ARCH = process.arch;
const ABI = process.versions.modules;

let freedBytes = 0;

/** Removes what `isWanted` does not want of the folder; a folder that is gone is a package that has changed: say so. */
function keep(folder, isWanted) {
  const dir = join('node_modules', folder);
  if (!existsSync(dir)) throw new Error(`${dir} is not there: has the package changed?`);
  const wanted = readdirSync(dir).filter(isWanted);
  if (wanted.length === 0) throw new Error(`nothing in ${dir} is for ${PLATFORM} on ${ARCH}`);
  for (const name of readdirSync(dir)) if (!isWanted(name)) remove(join(dir, name));
}

function remove(path) {
  freedBytes += bytesOf(path);
  rmSync(path, { recursive: true });
}

function bytesOf(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}

keep('onnxruntime-node/bin/napi-v6', (name) => name === PLATFORM);
keep(`onnxruntime-node/bin/napi-v6/${PLATFORM}`, (name) => name === ARCH);
keep('uWebSockets.js', (name) => !name.endsWith('.node') || name === `uws_${PLATFORM}_${ARCH}_${ABI}.node`);
keep('@julusian/jpeg-turbo/prebuilds', (name) => name.endsWith(`-${PLATFORM}-${ARCH}`));
// The weights of the default model stay, so that another precision can be built; the library around them is not used.
keep('@vladmandic/human', (name) => ['package.json', 'LICENSE', 'models'].includes(name));
keep('@vladmandic/human/models', (name) => name.startsWith('centernet'));

/** Source maps, type declarations and C sources, which nothing loads. */
function sweep(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) sweep(path);
    else if (entry.isFile() && /\.(map|d\.[cm]?ts|tsbuildinfo)$/.test(entry.name)) remove(path);
  }
}
sweep('node_modules');
rmSync('dist/.tsbuildinfo', { force: true });

console.log(`${Math.round(freedBytes / 1e6)} MB taken away`);
