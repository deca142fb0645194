import type { NodeToCameraMessage, StreamTarget } from '../../core/protocol.ts';

/**
 * Reads a text message of a node, checking every field the client relies on.
 * @returns `undefined` where it is none, or of a type this client does not know: newer nodes may say more.
 */
export function parseNodeMessage(text: string): NodeToCameraMessage | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null || !('type' in json)) return undefined;
  const m = json as Record<string, unknown>;
  return isKnown(m) ? (m as unknown as NodeToCameraMessage) : undefined;
}

function isKnown(m: Record<string, unknown>): boolean {
  switch (m.type) {
    case 'welcome':
      return typeof m.camera === 'string' && isCount(m.credit) && isTarget(m.target);
    case 'credit':
      return isCount(m.credit) && isTarget(m.target);
    case 'ack':
      return isCount(m.upTo) && Array.isArray(m.shed) && m.shed.every(isShed);
    case 'result':
      return isCount(m.seq) && Array.isArray(m.detections);
    case 'redirect':
      return typeof m.url === 'string';
    case 'error':
      return typeof m.code === 'string' && typeof m.message === 'string' && (m.seq === undefined || isCount(m.seq));
    default:
      return false;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function isTarget(value: unknown): value is StreamTarget {
  if (typeof value !== 'object' || value === null) return false;
  const { fps, width, height } = value as Record<string, unknown>;
  return Number.isFinite(fps) && (fps as number) >= 0 && isCount(width) && isCount(height);
}

function isShed(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { seq, reason } = value as Record<string, unknown>;
  return isCount(seq) && typeof reason === 'string';
}
