/** Which material each class of a model is. A class that is not in it is not waste. */
export type MaterialTable = Readonly<Record<string, string>>;

/** The key of a table that stands for every class it does not name. */
export const ANY_LABEL = '*';

/** A table of materials by class, ready for look-ups. */
export interface Taxonomy {
  /** What settings call it; `inline` where they hold the table itself. */
  readonly name: string;
  /** Every material a class can be, sorted. */
  readonly materials: readonly string[];
  /**
   * @param label a model's class; letter case, and whether words are joined by blanks, `_` or `-`, make no difference
   * @returns undefined where it is not of interest
   */
  materialOf(label: string): string | undefined;
}

/**
 * @param table by class; `*` is any class that is not named, e.g. `'*': unknown` where everything on the belt is waste
 */
export function taxonomyOf(name: string, table: MaterialTable): Taxonomy {
  const byLabel = new Map<string, string>();
  for (const [label, material] of Object.entries(table)) byLabel.set(plainLabel(label), material);
  const rest = table[ANY_LABEL];
  return {
    name,
    materials: [...new Set(Object.values(table))].sort(),
    materialOf: (label) => byLabel.get(plainLabel(label)) ?? rest,
  };
}

/** `Clear_plastic-Bottle` → `clear plastic bottle`: datasets of one kind of waste differ in nothing else. */
export function plainLabel(label: string): string {
  return label
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
}
