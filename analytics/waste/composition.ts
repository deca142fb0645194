import type { Measure } from '../../core/measure.ts';

/** Standard normal quantile of a two-sided 95 % interval. */
const Z_95 = 1.959963984540054;

/** One material's part in what was counted. */
export interface MaterialShare {
  readonly material: string;
  /** Of the weight of all items, 0..1. */
  readonly share: number;
  /** 95 % confidence of `share`, from the number of items. */
  readonly low: number;
  readonly high: number;
  /** Items; on a table their average number over time. */
  readonly items: number;
  /** Number or area, by the settings. */
  readonly weight: number;
}

export interface Composition {
  /** The largest share first; of equals by name. They sum to 1 where there are any. */
  readonly materials: readonly MaterialShare[];
  readonly items: number;
  /** Of what is not allowed in the stream; null where nothing was counted. */
  readonly contamination: Omit<MaterialShare, 'material'> | null;
  /** Items a person should look at. */
  readonly review: number;
}

/** What was counted, by material, with how sure it is. Other measures are passed over. */
export function compositionOf(measures: readonly Measure[]): Composition {
  const byMaterial = new Map<string, Tally>();
  const all: Tally = { items: 0, weight: 0 };
  const foreign: Tally = { items: 0, weight: 0 };
  let review = 0;
  for (const measure of measures) {
    if (measure.metric === 'composition') {
      const tally = byMaterial.get(measure.subject) ?? { items: 0, weight: 0 };
      byMaterial.set(measure.subject, tally);
      add(tally, measure);
      add(all, measure);
    } else if (measure.metric === 'contamination') add(foreign, measure);
    else if (measure.metric === 'review') review += measure.n;
  }
  const materials = [...byMaterial].map(([material, tally]) => ({ material, ...shareOf(tally, all) }));
  materials.sort((a, b) => b.share - a.share || (a.material < b.material ? -1 : 1));
  return {
    materials,
    items: all.items,
    contamination: all.items > 0 ? shareOf(foreign, all) : null,
    review,
  };
}

interface Tally {
  items: number;
  weight: number;
}

function add(tally: Tally, { n, sum }: Measure): void {
  tally.items += n;
  tally.weight += sum;
}

function shareOf(part: Tally, all: Tally): Omit<MaterialShare, 'material'> {
  const share = all.weight > 0 ? Math.min(1, part.weight / all.weight) : 0;
  return { share, ...wilsonInterval(share, all.items), items: part.items, weight: part.weight };
}

/**
 * 95 % Wilson score interval of a share (Wilson 1927): stays within 0..1 and means something at 0 of 5. For a share by
 * area it is an approximation, with items of like size.
 * @param n items it was observed on; 0 gives 0..1
 */
export function wilsonInterval(share: number, n: number): { readonly low: number; readonly high: number } {
  if (!(n > 0)) return { low: 0, high: 1 };
  const z2 = Z_95 * Z_95;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z_95 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  // At 0 and at 1 rounding may put an end a hair inside of the share itself.
  return { low: Math.min(share, Math.max(0, centre - half)), high: Math.max(share, Math.min(1, centre + half)) };
}
