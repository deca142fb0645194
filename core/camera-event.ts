/**
 * What analytics says happened in front of one camera. The same words in results to cameras, in alert rules, in the
 * history and in `camshard replay`.
 */

/** `forward` crosses a line from the left hand of whoever walks from its first point to its second, to the right hand. */
export type CrossingDirection = 'forward' | 'backward';

export const INCIDENT_KINDS = [
  'stopped_vehicle',
  'wrong_way',
  'pedestrian_on_road',
  'sudden_slowdown',
  'congestion',
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

export const HEALTH_CONDITIONS = [
  'black',
  'frozen',
  'blurred',
  'washed_out',
  'moved',
  'covered',
  /** Nothing was received for longer than the settings allow. */
  'offline',
] as const;
export type HealthCondition = (typeof HEALTH_CONDITIONS)[number];

interface EventBase {
  /** Event time: ms since the Unix epoch by the node's clock, see analytics/frame-clock.ts. */
  readonly atMs: number;
}

/** A track passed a counting line; once per track and line and way. */
export interface LineCrossed extends EventBase {
  readonly kind: 'line_crossed';
  readonly line: string;
  readonly direction: CrossingDirection;
  /** What the settings call this direction. */
  readonly name: string;
  readonly track: number;
  readonly label: string;
  /** Where the settings have a ground plane; null otherwise, or where the track was too short to tell. */
  readonly speedKmh: number | null;
}

export interface ZoneEntered extends EventBase {
  readonly kind: 'zone_entered';
  readonly zone: string;
  readonly track: number;
  readonly label: string;
}

export interface ZoneLeft extends EventBase {
  readonly kind: 'zone_left';
  readonly zone: string;
  readonly track: number;
  readonly label: string;
  readonly dwellS: number;
}

/** From one line to another: an origin-destination pair. */
export interface RouteTaken extends EventBase {
  readonly kind: 'route_taken';
  readonly from: string;
  readonly to: string;
  readonly track: number;
  readonly label: string;
  readonly travelS: number;
}

/** An incident began or ended. `incident` number counts up per camera and kind, the same at both ends. */
export interface IncidentChanged extends EventBase {
  readonly kind: 'incident';
  readonly incident: IncidentKind;
  readonly state: 'opened' | 'closed';
  readonly number: number;
  readonly zone: string | null;
  readonly track: number | null;
  readonly label: string | null;
  /** One sentence with the figures that made it one. */
  readonly detail: string;
}

/** The camera's own state changed. */
export interface HealthChanged extends EventBase {
  readonly kind: 'health';
  readonly condition: HealthCondition;
  readonly state: 'opened' | 'closed';
  readonly detail: string;
}

export interface DaylightChanged extends EventBase {
  readonly kind: 'daylight';
  readonly light: 'day' | 'night';
}

/** A piece of waste was counted: it passed, or came to stand, where the settings look. */
export interface ItemSeen extends EventBase {
  readonly kind: 'item';
  readonly track: number;
  readonly label: string;
  readonly material: string;
  /** 0..1, mean over the item's frames. */
  readonly score: number;
  readonly allowed: boolean;
  /** Too uncertain to be taken on trust: a person should look. */
  readonly review: boolean;
}

export type CameraEvent =
  | LineCrossed
  | ZoneEntered
  | ZoneLeft
  | RouteTaken
  | IncidentChanged
  | HealthChanged
  | DaylightChanged
  | ItemSeen;
export type CameraEventKind = CameraEvent['kind'];
export const CAMERA_EVENT_KINDS = [
  'line_crossed',
  'zone_entered',
  'zone_left',
  'route_taken',
  'incident',
  'health',
  'daylight',
  'item',
] as const satisfies readonly CameraEventKind[];
