/** Kinds of events. Those before `NODE_EVENTS` happen at the node `a` in its life `c`: dropped once it is dead, kept while it is paused. */
export const EV = {
  WAKE: 0,
  PEER: 1,
  STORE_ANSWERS: 2,
  STORE_TIMEOUT: 3,
  EFFECTS: 4,
  FRAME_IN: 5,
  FRAME_DONE: 6,
  HELD_RETRY: 7,
  RELAY_IN: 8,
  RELAY_BACK: 9,
  RELAY_TIMEOUT: 10,
  SEAL_TIMEOUT: 11,
  START_DONE: 12,
  CHECKPOINT: 13,
  ORDER_IN: 14,
  LEAVE_IN: 15,
  INFO_IN: 16,
  NODE_EVENTS: 20,
  FRAME_TICK: 20,
  STORE_ARRIVES: 21,
  SINK: 22,
  START_NODE: 23,
  RESUME: 24,
  JOB: 25,
  OPERATOR: 26,
  FAULT: 27,
  FAULT_END: 28,
  MONITOR: 29,
  HEAL: 30,
  HEALED: 31,
} as const;

const NAMES = new Map<number, string>(
  Object.entries(EV)
    .filter(([name]) => name !== 'NODE_EVENTS')
    .map(([name, kind]) => [kind, name]),
);

export const eventName = (kind: number): string => NAMES.get(kind) ?? String(kind);
