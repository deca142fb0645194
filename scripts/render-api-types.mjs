// Writes the types of the API's answers for the page, from the OpenAPI document of the built tree.
//
//   npm run build:node && node scripts/render-api-types.mjs
import { writeFileSync } from 'node:fs';
import { openApiDocument } from '../dist/src/http/openapi.js';
import { renderApiTypes } from './lib/api-types.mjs';

const file = new URL('../web/src/api/answers.gen.ts', import.meta.url);
writeFileSync(file, await renderApiTypes(openApiDocument('0.0.0')));
