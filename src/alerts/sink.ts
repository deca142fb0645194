import type { Alert } from '../../core/alert.ts';

/** An alert and its place in the outbox. */
export interface OutboxAlert {
  readonly position: number;
  readonly alert: Alert;
  /** Set where it is not the alert that is new, but that somebody has seen it. */
  readonly acknowledged?: { readonly who: string /** ms since the Unix epoch. */; readonly atMs: number };
}

/** Why a sink never takes an alert, however often it is offered. */
export type RefusedReason =
  /** Its epoch is older than one the sink has seen: another node owns the camera now. */
  | 'fenced'
  /** The far end says that there is something wrong with it, or that it wants no more. */
  | 'rejected';

export interface Delivered {
  /** How many of the alerts, from the first, are done with: taken, or refused for good. */
  readonly done: number;
  /** Those among them that were refused for good. */
  readonly refused?: readonly { readonly position: number; readonly reason: RefusedReason; readonly detail: string }[];
  /** Why the rest was not taken: it is offered again, not before `retryAfterMs` where the far end asks for that. */
  readonly fault?: { readonly error: unknown; readonly retryAfterMs?: number };
}

/** Where alerts go. Adapters are in src/adapters/alerts; all pass test/contract/alert-sink.test.ts. */
export interface AlertSink {
  /** Its place in the outbox is kept under this name. */
  readonly name: string;
  /** Alerts offered at once, at most. */
  readonly batchMax: number;
  /** Whether it is told who acknowledged what, too. */
  readonly takesAcknowledgements?: boolean;
  /** Whether it wants this one at all. */
  wants?(alert: Alert): boolean;
  /**
   * Takes alerts in order, each at least once. Never throws for what is wrong outside: that is `fault`. Ends soon after
   * `signal` aborts.
   */
  deliver(alerts: readonly OutboxAlert[], signal: AbortSignal): Promise<Delivered>;
  close(): Promise<void>;
}
