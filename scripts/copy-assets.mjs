// What compiled code reads beside itself and tsc does not copy (demo artwork and settings, the default configuration), and the
// executable bit of the command line. Safe to run again; what the sources lack is skipped.
import { chmodSync, cpSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

for (const path of ['src/demo/art', 'src/demo/settings', 'config/default.yaml', 'models/import/calibration']) {
  const from = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const to = fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}

chmodSync(fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url)), 0o755);
