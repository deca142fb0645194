import { CamshardError } from '../../core/errors.ts';

/** The two base addresses of a node, without a slash at the end. */
export interface NodeUrls {
  readonly http: string;
  readonly ws: string;
}

/**
 * Reads a node's address as people write it: `ws://host:8080`, `https://host/prefix/`, `host:8080`. User and password,
 * query and fragment are dropped: nothing of ours uses them.
 * @throws CamshardError `bad_url`
 */
export function parseNodeUrl(text: string): NodeUrls {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  const secure = url?.protocol === 'https:' || url?.protocol === 'wss:';
  if (url === undefined || !(secure || url.protocol === 'http:' || url.protocol === 'ws:') || url.hostname === '') {
    throw new CamshardError('bad_url', `"${text}" is no address of a node; like http://127.0.0.1:8080 or wss://host`);
  }
  const rest = `${url.host}${url.pathname.replace(/\/+$/, '')}`;
  return { http: `${secure ? 'https' : 'http'}://${rest}`, ws: `${secure ? 'wss' : 'ws'}://${rest}` };
}

/** Where a camera's stream is on a node. */
export function streamUrl(nodeUrl: string, camera: string, results: boolean): string {
  return `${parseNodeUrl(nodeUrl).ws}/v1/cameras/${encodeURIComponent(camera)}/stream${results ? '?results=1' : ''}`;
}

/**
 * Where a redirect leads. A node may name another node or the stream itself.
 * @returns `undefined` where it would leave TLS: a token sent there could be read on the way.
 */
export function redirectedUrl(from: string, to: string, camera: string, results: boolean): string | undefined {
  const scheme = /^(ws|http)(s?):\/\//i.exec(to);
  if (scheme === null || !URL.canParse(to)) return undefined;
  if (from.toLowerCase().startsWith('wss:') && scheme[2] === '') return undefined;
  const path = new URL(to).pathname;
  const base = path.endsWith('/stream') ? to.slice(0, to.indexOf('/v1/cameras/')) : to;
  return streamUrl(base, camera, results);
}

/** The address with any password hidden, for messages and logs. */
export function redactUrl(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, '$1***@')
    .replace(/([?&](?:access_token|token|password|pwd|auth)=)[^&\s]*/gi, '$1***');
}
