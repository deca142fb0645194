/** The HTTP API as an OpenAPI 3.1 document. */
export function openApiDocument(version: string): unknown {
  return { openapi: '3.1.0', info: { title: 'Camshard', version }, paths: {} };
}
