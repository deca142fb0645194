// Writes docs/api.md from the OpenAPI document of the built tree and the answers a test has seen.
//
//   npm run build:node && node scripts/render-api-docs.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { openApiDocument } from '../dist/src/http/openapi.js';
import { renderApiDocs } from './lib/api-docs.mjs';

const examples = JSON.parse(readFileSync(new URL('lib/api-examples.json', import.meta.url), 'utf8'));
writeFileSync(new URL('../docs/api.md', import.meta.url), renderApiDocs(openApiDocument('0.0.0'), examples));
