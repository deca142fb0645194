/** Bright enough on any picture, and told apart by people who do not see red and green alike. */
const PALETTE = ['#4cc9f0', '#ffb703', '#80ed99', '#f78fb3', '#c8a2ff', '#ff8f5a', '#f4e04d', '#7fd8be'] as const;

/** The classes of a street keep their colours, whatever else a model knows. */
const FIXED: Readonly<Record<string, string>> = {
  car: PALETTE[0],
  person: PALETTE[1],
  bicycle: PALETTE[2],
  motorcycle: PALETTE[3],
  truck: PALETTE[4],
  bus: PALETTE[5],
};

/** The colour of a class: the same in every picture, table and session. */
export function labelColour(label: string): string {
  const fixed = FIXED[label];
  if (fixed !== undefined) return fixed;
  let hash = 0;
  for (let i = 0; i < label.length; i++) hash = (hash * 31 + label.charCodeAt(i)) >>> 0;
  return PALETTE[hash % PALETTE.length] ?? PALETTE[0];
}
