import { buildDocument } from './openapi/document.ts';

const built = new Map<string, unknown>();

/** The HTTP API as an OpenAPI 3.1 document; made once. */
export function openApiDocument(version: string): unknown {
  let document = built.get(version);
  if (document === undefined) {
    document = buildDocument(version);
    built.set(version, document);
  }
  return document;
}
