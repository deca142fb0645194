import type { Heard } from '../reconcile.ts';

/** Whoever alerts go to. */
export interface Subscriber {
  readonly sink: string;
  /** Everything heard so far, in order of arrival. */
  readonly heard: readonly Heard[];
  close(): Promise<void>;
}

/** The id of a CloudEvent in JSON. */
export const eventIdOf = (text: string): string => (JSON.parse(text) as { readonly id: string }).id;
