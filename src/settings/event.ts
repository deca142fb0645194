import type { NodeEvent } from '../../core/node-event.ts';

export const SETTINGS_EVENT_KINDS = [
  'settings_changed',
  /** A file in the settings folder that is not taken; what was there before stays. */
  'settings_refused',
  /** The audit log was changed by somebody else, or lost its end in a crash. */
  'audit_broken',
] as const;

/** What the settings tell of themselves: a node event of these kinds. */
export type EmitSettingsEvent = (
  event: Omit<NodeEvent, 'id' | 'at' | 'kind'> & { readonly kind: (typeof SETTINGS_EVENT_KINDS)[number] },
) => void;
