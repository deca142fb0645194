// What compiled code reads beside itself and tsc does not copy: demo artwork and the default configuration.
// Safe to run again; what the sources lack is skipped.
import { cpSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

for (const path of ['src/demo/art', 'config/default.yaml']) {
  const from = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const to = fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}
