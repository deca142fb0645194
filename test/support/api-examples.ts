import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** An answer of a real node, as docs/api.md shows it. */
interface ApiExample {
  readonly request: string;
  readonly body?: string;
  readonly answer: unknown;
}

/** Where docs/api.md has its examples from; written anew by tests that run with `API_EXAMPLES=write`. */
const FILE = 'scripts/lib/api-examples.json';

/** Lists as long as a page of a document can bear. */
const shortened = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.slice(0, value.some((one) => typeof one === 'object') ? 1 : 4).map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shortened(one)]));
};

/** The first good answer of each operation that a test has seen. */
export class ApiExamples {
  readonly #seen: Record<string, ApiExample> = {};

  /** @param url the path that was asked for, with its query */
  take(operationId: string, method: string, url: string, sent: unknown, answer: unknown): void {
    if (this.#seen[operationId] !== undefined || answer instanceof ArrayBuffer) return;
    const body = typeof sent === 'string' ? { body: sent.trim() } : {};
    this.#seen[operationId] = { request: `${method.toUpperCase()} ${url}`, ...body, answer: shortened(answer) };
  }

  get operations(): readonly string[] {
    return Object.keys(this.#seen);
  }

  /** Keeps them beside those of other tests, where that was asked for. @returns operations that have an example now */
  keep(): readonly string[] {
    const kept = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, ApiExample>) : {};
    if (process.env.API_EXAMPLES !== 'write') return Object.keys(kept);
    const all = Object.entries({ ...kept, ...this.#seen }).sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
    return all.map(([operationId]) => operationId);
  }
}
