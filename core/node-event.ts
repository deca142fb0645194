/** Something an operator may want to know happened: a rung taken, a breaker opened, a frame quarantined. */
export interface NodeEvent {
  /** Counts up from 1 over the life of the process. */
  readonly id: number;
  /** ms since the Unix epoch. */
  readonly at: number;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly kind: NodeEventKind;
  /** One sentence. */
  readonly message: string;
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}

export const NODE_EVENT_KINDS = [
  'rung_changed',
  'device_ready',
  'device_failed',
  'device_out_of_memory',
  'device_renewed',
  'breaker_opened',
  'breaker_half_open',
  'breaker_closed',
  'device_abandoned',
  'frame_quarantined',
  'camera_disconnected',
  'outbox_failing',
  'outbox_working',
  'settings_changed',
  'settings_refused',
  'audit_broken',
  'history_down',
  'history_up',
  'history_pool_tight',
  'history_records_dropped',
  'history_record_aside',
  'cluster',
] as const;
export type NodeEventKind = (typeof NODE_EVENT_KINDS)[number];

/** Takes an event in; numbers and dates it. */
export type EmitEvent = (event: Omit<NodeEvent, 'id' | 'at'>) => void;
