export interface ApiExample {
  readonly request: string;
  readonly body?: unknown;
  readonly answer: unknown;
}
export function renderApiDocs(
  document: Readonly<Record<string, unknown>>,
  examples: Readonly<Record<string, ApiExample>>,
): string;
