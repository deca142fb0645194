import type { ClusterEffect, ClusterEvent } from './brain-io.ts';

/** Tells the operator. */
export function say<S>(
  out: ClusterEffect<S>[],
  severity: ClusterEvent['severity'],
  kind: ClusterEvent['kind'],
  message: string,
  data: ClusterEvent['data'],
): void {
  out.push({ kind: 'event', event: { severity, kind, message, data } });
}
