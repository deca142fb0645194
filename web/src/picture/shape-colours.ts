import type { ZoneSettings } from '../../../config/camera-settings/schema.ts';

export type ZoneKind = ZoneSettings['kind'];

const ROAD = '#60a5fa';

/** Bright on any picture; the pictures of alerts use the same. */
export const ZONE_COLOURS: Readonly<Record<ZoneKind, string>> = {
  road: ROAD,
  lane: ROAD,
  pavement: '#a3e635',
  crossing: '#facc15',
  parking: '#c084fc',
  belt: '#2dd4bf',
  table: '#2dd4bf',
  other: '#cbd5e1',
};
export const LINE_COLOUR = '#fde047';
/** What is wrong. */
export const FAULT_COLOUR = '#ff5c5c';
export const INK = '#0b1015';
