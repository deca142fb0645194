import { CamshardError } from '../../core/errors.ts';

/** The two base addresses of a node, without a slash at the end. */
export interface NodeUrls {
  readonly http: string;
  readonly ws: string;
}

/** The addresses of a cluster as people write them, comma between: any of its nodes answers for it. */
export function splitNodeUrls(text: string): readonly string[] {
  const urls = text.split(',').map((part) => part.trim());
  return urls.filter((url, i) => (url !== '' || urls.length === 1) && urls.indexOf(url) === i);
}

/**
 * Reads a node's address as people write it: `ws://host:8080`, `https://host/prefix/`, `host:8080`; of several, comma
 * between, the first. User and password, query and fragment are dropped: nothing of ours uses them.
 * @throws CamshardError `bad_url`
 */
export function parseNodeUrl(list: string): NodeUrls {
  const text = splitNodeUrls(list)[0] ?? '';
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  const secure = url?.protocol === 'https:' || url?.protocol === 'wss:';
  if (url === undefined || !(secure || url.protocol === 'http:' || url.protocol === 'ws:') || url.hostname === '') {
    throw new CamshardError('bad_url', `"${text}" is no address of a node; like http://127.0.0.1:8080 or wss://host`);
  }
  const rest = `${url.host}${url.pathname.replace(/\/+$/, '')}`;
  return { http: `${secure ? 'https' : 'http'}://${rest}`, ws: `${secure ? 'wss' : 'ws'}://${rest}` };
}

/** What a camera asks of its stream. */
export interface StreamWishes {
  /** Detections come back, not acks alone. */
  readonly results: boolean;
  /** It follows `redirect` messages to the node that has its shard. */
  readonly follow: boolean;
}

/** Where a camera's stream is on a node. */
export function streamUrl(nodeUrl: string, camera: string, { results, follow }: StreamWishes): string {
  const query = [...(results ? ['results=1'] : []), ...(follow ? ['redirect=1'] : [])].join('&');
  return `${parseNodeUrl(nodeUrl).ws}/v1/cameras/${encodeURIComponent(camera)}/stream${query === '' ? '' : `?${query}`}`;
}

/**
 * Where a redirect leads. A node may name another node or the stream itself.
 * @returns `undefined` where it would leave TLS: a token sent there could be read on the way.
 */
export function redirectedUrl(from: string, to: string, camera: string, wishes: StreamWishes): string | undefined {
  const scheme = /^(ws|http)(s?):\/\//i.exec(to);
  if (scheme === null || to.includes(',') || !URL.canParse(to)) return undefined;
  if (from.toLowerCase().startsWith('wss:') && scheme[2] === '') return undefined;
  const path = new URL(to).pathname;
  const base = path.endsWith('/stream') ? to.slice(0, to.indexOf('/v1/cameras/')) : to;
  return streamUrl(base, camera, wishes);
}

/** The address with any password hidden, for messages and logs. */
export function redactUrl(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, '$1***@')
    .replace(/([?&](?:access_token|token|password|pwd|auth)=)[^&\s]*/gi, '$1***');
}
