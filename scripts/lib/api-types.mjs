import openapiTS, { astToString } from 'openapi-typescript';

/**
 * The document's schemas as TypeScript types, immutable and by their own names.
 * @param {Record<string, unknown>} document OpenAPI 3.1
 * @returns {Promise<string>} source text
 */
export async function renderApiTypes(document) {
  // Paths are left out: the page names its addresses itself, and only answers have to agree.
  const ast = await openapiTS(
    { ...document, paths: {} },
    { immutable: true, rootTypes: true, rootTypesNoSchemaPrefix: true },
  );
  return `// Made by scripts/render-api-types.mjs from the OpenAPI document; a test holds it equal. Not edited by hand.\n\n${astToString(ast)}`;
}
