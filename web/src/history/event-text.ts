import { NOTHING } from '../format/numbers.ts';

const UNITS: Readonly<Record<string, string>> = {
  line_crossed: 'km/h',
  zone_left: 's',
  route_taken: 's',
};

/** The figure of an event with its unit: speed, dwell, travel time, or a score. */
export function eventFigure(kind: string, value: number | null): string {
  if (value === null) return NOTHING;
  const unit = UNITS[kind];
  return unit === undefined ? value.toFixed(2) : `${value.toFixed(1)} ${unit}`;
}
