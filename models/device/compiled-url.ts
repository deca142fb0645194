/**
 * The URL of a compiled worker entry `file` that lies beside the module `moduleUrl`. Node 20 cannot run TypeScript, so
 * code that runs from its sources (tests) still starts its threads from `dist/`.
 */
export function compiledUrl(moduleUrl: string, file: string): string {
  if (moduleUrl.endsWith('.js')) return new URL(file, moduleUrl).href;
  const sourceDir = new URL('.', moduleUrl).pathname;
  const marker = sourceDir.lastIndexOf('/models/');
  if (marker < 0) throw new Error(`${moduleUrl} is not in a folder this function knows`);
  return new URL(`file://${sourceDir.slice(0, marker)}/dist${sourceDir.slice(marker)}${file}`).href;
}
