/** What a class means on a road. Names of COCO and of the traffic data sets in use (VisDrone, UA-DETRAC, BDD100K). */
const VEHICLES: ReadonlySet<string> = new Set([
  'car',
  'truck',
  'bus',
  'motorcycle',
  'motorbike',
  'motor',
  'scooter',
  'van',
  'lorry',
  'pickup',
  'taxi',
  'trailer',
  'train',
  'tram',
  'tractor',
  'tricycle',
  'awning-tricycle',
  'vehicle',
  'ambulance',
  'caravan',
]);
const PEOPLE: ReadonlySet<string> = new Set(['person', 'pedestrian', 'people']);
const CYCLES: ReadonlySet<string> = new Set([
  'bicycle',
  'motorcycle',
  'motorbike',
  'motor',
  'scooter',
  'tricycle',
  'rider',
]);

export function isVehicle(label: string): boolean {
  return VEHICLES.has(label);
}

export function isPerson(label: string): boolean {
  return PEOPLE.has(label);
}

/** What people ride in the open: a person on one is its rider, no pedestrian. */
export function isCycle(label: string): boolean {
  return CYCLES.has(label);
}

/** Whether settings that name `labels` look at this class: null and `*` are any. */
export function looksAt(labels: readonly string[] | null, label: string): boolean {
  return labels === null || labels.includes('*') || labels.includes(label);
}

/**
 * Whether an object is traffic in a zone that names `labels`: a vehicle, or a class the zone names although no list
 * knows it (a model's own, or the `cell phone` that COCO models take cars from above for).
 */
export function isTraffic(labels: readonly string[] | null, label: string): boolean {
  if (isVehicle(label)) return true;
  return labels?.includes(label) === true && !isPerson(label) && label !== 'bicycle';
}

/** Classes a detector confuses, so that a track may continue another of the same group only. */
export function groupOf(label: string): string {
  if (isVehicle(label)) return 'vehicle';
  if (isPerson(label) || label === 'bicycle' || label === 'rider') return 'person';
  return label;
}
