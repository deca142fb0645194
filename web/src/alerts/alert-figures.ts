import type { Alert } from '../api/answers.gen.ts';

/** Units of the figures rules look at, by metric; counts have none. */
const UNITS: Readonly<Record<string, string>> = {
  speed: 'km/h',
  dwell: 's',
  routes: 's',
  density: 'vehicles/km',
};

/** A composition's figures are shares. */
const isShare = ({ data }: Pick<Alert, 'data'>): boolean => 'material' in data;

/** The unit of an alert's value and threshold; empty where it has none. */
export const unitOf = (alert: Pick<Alert, 'data'>): string =>
  isShare(alert) ? '%' : (UNITS[String(alert.data.metric)] ?? '');

/** As a number for people, without the unit: shares in percent. */
export function figureText(alert: Pick<Alert, 'data'>, value: number): string {
  const shown = isShare(alert) ? value * 100 : value;
  return new Intl.NumberFormat('en', { maximumFractionDigits: Math.abs(shown) < 10 ? 2 : 1 }).format(shown);
}

/** What of `data` is worth a line, by a name for people. */
export function factsOf({ data }: Pick<Alert, 'data'>): readonly (readonly [name: string, value: string])[] {
  return Object.entries(data).flatMap(([key, value]): (readonly [string, string])[] => {
    if (value === null || value === '') return [];
    if (key === 'coverage' && typeof value === 'number') return [['Observed', `${Math.round(value * 100)} %`]];
    if (key === 'windowS') return [['Window', `${value} s`]];
    return [[NAMES[key] ?? key, String(value).replaceAll('_', ' ')]];
  });
}

const NAMES: Readonly<Record<string, string>> = {
  metric: 'Figure',
  subject: 'Of',
  label: 'Class',
  zone: 'Zone',
  line: 'Line',
  track: 'Track',
  material: 'Material',
  items: 'Items',
  incident: 'Incident',
  condition: 'Condition',
  number: 'Number',
};
