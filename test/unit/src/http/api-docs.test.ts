import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CAMERA_EVENT_KINDS } from '../../../../core/camera-event.ts';
import { NODE_EVENT_KINDS } from '../../../../core/node-event.ts';
import { LOST_REASONS, REJECT_REASONS, SHED_REASONS } from '../../../../core/outcome.ts';
import { CLOSE } from '../../../../core/protocol.ts';
import { type ApiExample, renderApiDocs } from '../../../../scripts/lib/api-docs.mjs';
import { openApiDocument } from '../../../../src/http/openapi.ts';
import { assertBodyConforms, type OpenApi } from '../../../support/conforms.ts';

const document = openApiDocument('0.0.0') as unknown as OpenApi & Record<string, unknown>;
const examples = JSON.parse(readFileSync('scripts/lib/api-examples.json', 'utf8')) as Record<string, ApiExample>;

describe('docs/api.md', () => {
  it('is what the OpenAPI document says', () => {
    const made = renderApiDocs(document, examples);
    const isSame = readFileSync('docs/api.md', 'utf8') === made;
    expect(isSame, 'run: npm run build:node && node scripts/render-api-docs.mjs').toBe(true);
  });

  it('has an example of every JSON answer, each still as the document says', () => {
    for (const item of Object.values(document.paths)) {
      for (const { operationId, tags, responses } of Object.values(item)) {
        const schema = responses['200']?.content?.['application/json']?.schema;
        if (schema === undefined || operationId === 'getOpenApi') continue;
        const example = examples[operationId];
        // What takes another node to move something to is answered by test/integration/guides-cluster.test.ts.
        if (example === undefined) expect(tags, operationId).toEqual(['cluster']);
        else assertBodyConforms(document, `example of ${operationId}`, schema, example.answer);
      }
    }
  });
});

describe('docs/protocol.md', () => {
  const text = readFileSync('docs/protocol.md', 'utf8');
  const section = (title: string): string => text.split(/^## /m).find((part) => part.startsWith(title)) ?? '';

  it('says what each reason means', () => {
    const reasons = section('4. Reasons');
    for (const reason of [...SHED_REASONS, ...REJECT_REASONS, ...LOST_REASONS])
      expect(reasons).toContain(`\`${reason}\``);
  });

  it('has each way a connection is closed, each kind of event, and the reasons a posted picture is refused for', () => {
    for (const code of Object.values(CLOSE)) expect(section('1. Camera stream')).toContain(`| ${code} `);
    for (const kind of CAMERA_EVENT_KINDS) expect(section('1. Camera stream')).toContain(`\`${kind}\``);
    for (const kind of NODE_EVENT_KINDS) expect(section('2. HTTP')).toContain(`\`${kind}\``);
    const posted = document.paths['/v1/cameras/{id}/frames']?.post?.responses['503'] as { description: string };
    for (const code of posted.description.match(/\w+(?=[,.])/g) ?? [])
      expect(section('2. HTTP')).toContain(`\`${code}\``);
  });
});
