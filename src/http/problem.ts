import { STATUS_CODES } from 'node:http';

/** `404 Not Found`, as uWebSockets.js wants it. */
export function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? 'Unknown'}`;
}

/** A problem (RFC 9457) as JSON text: `code` is stable, `detail` is for people. */
export function problemJson(status: number, code: string, detail: string, more: object = {}): string {
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Unknown',
    status,
    code,
    detail,
    ...more,
  });
}
