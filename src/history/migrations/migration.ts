/** One step from a schema to the next. Never changed once released: another one follows. */
export interface Migration {
  /** Counts up from 1 without gaps. */
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}
