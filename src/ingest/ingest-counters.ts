/** What happens at the sockets and is no frame's fate; read by the metrics. */
export class IngestCounters {
  connectionsOpen = 0;
  connectionsAccepted = 0;
  /** By reason: connection_limit, camera_limit, draining, overloaded, bad_camera_id, token_missing, ... */
  readonly connectionsRefused = new Map<string, number>();
  /** Text messages that are no hello, by code. */
  readonly badText = new Map<string, number>();
  /** Answers not sent because the camera does not read. */
  answersDropped = 0;
  /** Connections ended by the node, by reason. */
  readonly closed = new Map<string, number>();
}

export function countReason(counts: Map<string, number>, reason: string): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}
