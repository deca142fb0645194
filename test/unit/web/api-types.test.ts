import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderApiTypes } from '../../../scripts/lib/api-types.mjs';
import { openApiDocument } from '../../../src/http/openapi.ts';

it('the page knows the answers of the API as the OpenAPI document has them', async () => {
  const committed = readFileSync('web/src/api/answers.gen.ts', 'utf8');
  const made = await renderApiTypes(openApiDocument('0.0.0') as Record<string, unknown>);
  expect(committed === made, 'run: npm run build:node && node scripts/render-api-types.mjs').toBe(true);
});
