import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The page is plain files under dist/web, with relative links: it works behind any path prefix and asks nobody else.
export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // No data: URLs in style sheets or pages, so that a strict Content-Security-Policy holds.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // `npx vite --config web/vite.config.ts` serves the sources against a node on the default port.
  server: { proxy: { '/v1': { target: 'http://127.0.0.1:8080', ws: true } } },
});
