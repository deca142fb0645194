import type { Measure } from '../../core/measure.ts';
import { wilson } from '../../core/wilson.ts';

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
  // For a share by area it is an approximation, with items of like size.
  const { low, high } = wilson(share, all.items) ?? { low: 0, high: 1 };
  return { share, low, high, items: part.items, weight: part.weight };
}
