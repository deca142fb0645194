// What compiled code reads beside itself and tsc does not copy (demo artwork and settings, the default configuration), and the
// executable bit and the name of the command line. Safe to run again; what the sources lack is skipped.
import { chmodSync, cpSync, existsSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

for (const path of ['src/demo/art', 'src/demo/settings', 'config/default.yaml', 'models/import/calibration']) {
  const from = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const to = fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}

const command = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
chmodSync(command, 0o755);

// `npx camshard` in this checkout takes the command from here. Without it npm would make a package of the checkout first,
// and build it again for that: half a minute of silence, and other files under a node that runs.
const bin = fileURLToPath(new URL('../node_modules/.bin/camshard', import.meta.url));
if (existsSync(dirname(bin))) {
  rmSync(bin, { force: true });
  symlinkSync('../../dist/src/cli/main.js', bin);
}
