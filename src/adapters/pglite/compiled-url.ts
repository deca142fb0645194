/**
 * The URL of the compiled `file` beside the module `moduleUrl` under src/: Node 20 runs no TypeScript, so code that runs
 * from its sources (tests) starts its threads from `dist/`.
 */
export function compiledUrl(moduleUrl: string, file: string): URL {
  if (moduleUrl.endsWith('.js')) return new URL(file, moduleUrl);
  const dir = new URL('.', moduleUrl).pathname;
  const marker = dir.lastIndexOf('/src/');
  if (marker < 0) throw new Error(`${moduleUrl} is not under src/`);
  return new URL(`file://${dir.slice(0, marker)}/dist${dir.slice(marker)}${file}`);
}
