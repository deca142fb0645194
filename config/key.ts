import { z } from 'zod';

export interface KeyNotes {
  /** Unit of a number, e.g. `ms`. */
  readonly unit?: string;
  /** What it does and why the default is what it is. */
  readonly reason: string;
}

/** Attaches unit and reason to a key: error messages and the documents are made from them. */
export const key = <T extends z.ZodType>(schema: T, notes: KeyNotes): T => schema.meta({ ...notes }) as T;

/** A whole number. */
export const int = (min: number, max: number) => z.int().min(min).max(max);
/** A number with fractions. */
export const num = (min: number, max: number) => z.number().min(min).max(max);
