import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { Credentials } from '../access/who-may.ts';
import { problemJson, statusLine } from './problem.ts';

/** Seconds after which a refused client may try again. */
export const RETRY_AFTER_S = 2;

/** What a request says of itself; must be read before its callback returns. */
export function credentialsOf(req: HttpRequest): Credentials {
  return {
    authorization: req.getHeader('authorization'),
    queryToken: req.getQuery('access_token'),
    origin: req.getHeader('origin'),
    host: req.getHeader('host'),
  };
}

/** Answers a WebSocket handshake with a problem instead; `retryAfterS` goes along with 503. */
export function refuseUpgrade(
  res: HttpResponse,
  status: number,
  code: string,
  message: string,
  retryAfterS: number = RETRY_AFTER_S,
): void {
  res.cork(() => {
    res.writeStatus(statusLine(status));
    res.writeHeader('content-type', 'application/problem+json');
    if (status === 503) res.writeHeader('retry-after', String(retryAfterS));
    if (status === 401) res.writeHeader('www-authenticate', 'Bearer');
    res.end(problemJson(status, code, message), true);
  });
}
