import type { CameraEvent } from '../../../core/camera-event.ts';

const WORDS: Readonly<Record<string, string>> = {
  stopped_vehicle: 'stopped vehicle',
  wrong_way: 'wrong way',
  pedestrian_on_road: 'pedestrian on the road',
  sudden_slowdown: 'sudden slowdown',
  congestion: 'congestion',
  washed_out: 'washed out',
};

const word = (kind: string): string => WORDS[kind] ?? kind;
const started = (state: 'opened' | 'closed'): string => (state === 'opened' ? 'begins' : 'is over');
const who = (label: string | null, track: number | null): string =>
  [label, track === null ? null : `#${track}`].filter((part) => part !== null).join(' ');

/** What happened, in a few words. */
export function eventText(event: CameraEvent): string {
  switch (event.kind) {
    case 'line_crossed': {
      const speed = event.speedKmh === null ? '' : ` at ${Math.round(event.speedKmh)} km/h`;
      return `${who(event.label, event.track)} crosses ${event.line}, ${event.name}${speed}`;
    }
    case 'zone_entered':
      return `${who(event.label, event.track)} enters ${event.zone}`;
    case 'zone_left':
      return `${who(event.label, event.track)} leaves ${event.zone} after ${event.dwellS.toFixed(1)} s`;
    case 'route_taken':
      return `${who(event.label, event.track)} goes from ${event.from} to ${event.to} in ${event.travelS.toFixed(1)} s`;
    case 'incident':
      return `${word(event.incident)} ${started(event.state)}: ${event.detail}`;
    case 'health':
      return `picture ${word(event.condition)} ${started(event.state)}: ${event.detail}`;
    case 'daylight':
      return event.light === 'day' ? 'day breaks' : 'night falls';
    case 'item':
      return `${who(event.label, event.track)} is ${event.material}${event.allowed ? '' : ', not allowed here'}${event.review ? ', to be looked at' : ''}`;
  }
}

/** Those an operator should see at once. */
export const isTroubling = (event: CameraEvent): boolean =>
  ((event.kind === 'incident' || event.kind === 'health') && event.state === 'opened') ||
  (event.kind === 'item' && !event.allowed);
