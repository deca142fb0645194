/** The document's schemas as TypeScript types, immutable and by their own names: source text. */
export function renderApiTypes(document: Readonly<Record<string, unknown>>): Promise<string>;
