#!/usr/bin/env node
// Places the CUDA provider of ONNX Runtime beside the runtime of onnxruntime-node, whose package does not carry it.
//
//   npm run setup:cuda                      fetches the npm package below (179 MB)
//   npm run setup:cuda -- --from FILE.tgz   takes it from a file, for machines without a registry
//   npm run setup:cuda -- --remove          takes it away again
//
// What the provider needs beside itself (driver, CUDA 13, cuDNN 9) is NVIDIA's to give: it says what is missing.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';

const PACKAGE = 'com.github.asus4.onnxruntime.linux-x64-gpu@0.4.9';
const INTEGRITY = 'sha512-FopIhNE/Ng+v2X65wVc9clPCBCvhvA53Hxo2U0Kf5fGdVsC7iCA+mZ0KLWggcQAj7TIZ6pNidR4AC10g74Xo6w==';
/** The version whose provider the package carries: the two are built together and fit no other. */
const RUNTIME_VERSION = '1.29.0';
const FOLDER_IN_PACKAGE = 'package/Plugins/Linux/x64';
const LIBRARIES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];

try {
  await main();
} catch (error) {
  console.error(`setup:cuda: ${error.message}`);
  process.exitCode = 1;
}

async function main() {
  const { values } = parseArgs({ options: { from: { type: 'string' }, remove: { type: 'boolean' } } });
  const target = runtimeFolder();
  if (values.remove) {
    for (const library of LIBRARIES) rmSync(join(target, library), { force: true });
    console.log(`removed from ${target}`);
    return;
  }
  const work = mkdtempSync(join(tmpdir(), 'camshard-cuda-'));
  try {
    const archive = values.from ?? fetchPackage(work);
    await verify(archive);
    const files = LIBRARIES.map((library) => `${FOLDER_IN_PACKAGE}/${library}`);
    execFileSync('tar', ['-xzf', archive, '-C', work, ...files], { stdio: ['ignore', 'ignore', 'inherit'] });
    for (const library of LIBRARIES) place(join(work, FOLDER_IN_PACKAGE, library), join(target, library));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  console.log(`placed ${LIBRARIES.join(' and ')} in ${target}`);
  await sayWhatIsMissing();
}

/** The folder of onnxruntime-node's own library, once it is sure that the provider fits it. */
function runtimeFolder() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`there is no CUDA provider for ${process.platform} on ${process.arch}, only for Linux on x64`);
  }
  let root;
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')));
  } catch {
    throw new Error('onnxruntime-node is not installed; run npm ci first');
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (version !== RUNTIME_VERSION) {
    throw new Error(
      `onnxruntime-node is ${version}, the CUDA provider is of ${RUNTIME_VERSION}: they must be the same`,
    );
  }
  const folder = join(root, 'bin', 'napi-v6', 'linux', 'x64');
  if (!existsSync(join(folder, 'libonnxruntime.so.1'))) throw new Error(`no libonnxruntime.so.1 in ${folder}`);
  return folder;
}

function fetchPackage(work) {
  console.log(`fetching ${PACKAGE} (179 MB)`);
  try {
    execFileSync('npm', ['pack', PACKAGE, '--silent', '--pack-destination', work], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } catch {
    throw new Error(`npm could not fetch ${PACKAGE}; on a machine that can, run npm pack ${PACKAGE}, then use --from`);
  }
  const file = readdirSync(work).find((name) => name.endsWith('.tgz'));
  if (file === undefined) throw new Error(`npm pack left no archive of ${PACKAGE}`);
  return join(work, file);
}

async function verify(archive) {
  const hash = createHash('sha512');
  await pipeline(createReadStream(archive), hash);
  const actual = `sha512-${hash.digest('base64')}`;
  if (actual !== INTEGRITY) throw new Error(`${archive} is not ${PACKAGE}: it has ${actual}, expected ${INTEGRITY}`);
}

/** A node that starts meanwhile finds the old file or the new one, never half of it. */
function place(from, to) {
  const half = `${to}.${process.pid}`;
  copyFileSync(from, half);
  chmodSync(half, 0o644);
  renameSync(half, to);
}

async function sayWhatIsMissing() {
  const check = new URL('../dist/models/device/providers/check-provider.js', import.meta.url);
  if (!existsSync(check)) {
    console.log('whether CUDA works now: npm run build, then npx camshard doctor');
    return;
  }
  const { checkProvider } = await import(check.href);
  const state = await checkProvider('cuda');
  if (state.usable) console.log('a session was made and run on CUDA: devices of kind cuda can be used');
  else console.log(`CUDA cannot be used yet: ${state.why}\n→ ${state.fix}`);
}
