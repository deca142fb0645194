import { parseCameraId } from '../../../core/ids.ts';

/** Pages without an argument of their own, as they stand in the address. */
export const PAGES = ['overview', 'cameras', 'alerts', 'history', 'waste', 'cluster', 'devices', 'connect'] as const;
export type PageName = (typeof PAGES)[number];

export const CAMERA_TABS = ['live', 'counts', 'lines', 'settings'] as const;
export type CameraTab = (typeof CAMERA_TABS)[number];

/** Where in the page we are; kept in the address's hash, so that links, back and reload work. */
export type Route = (
  | { readonly kind: PageName }
  | { readonly kind: 'camera'; readonly camera: string; readonly tab: CameraTab }
) & {
  /** What the page shows of its subject: filters, ranges. Without `?`. */
  readonly query: string;
};

/** Reads a hash such as `#/camera/gate-1/lines?frozen=1`; anything unknown is the overview. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first = '', second = '', third = ''] = path.split('/');
  if (first === 'camera') {
    const camera = parseCameraId(second);
    if (camera !== undefined)
      return { kind: 'camera', camera, tab: CAMERA_TABS.find((t) => t === third) ?? 'live', query };
  }
  return { kind: PAGES.find((page) => page === first) ?? 'overview', query };
}

/** The address of a page, with what it is to show. */
export function pageHref(page: PageName, query: Readonly<Record<string, string>> = {}): string {
  const path = page === 'overview' ? '' : page;
  return `#/${path}${queryText(query)}`;
}

export function cameraHref(
  camera: string,
  tab: CameraTab = 'live',
  query: Readonly<Record<string, string>> = {},
): string {
  return `#/camera/${camera}${tab === 'live' ? '' : `/${tab}`}${queryText(query)}`;
}

function queryText(query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? '' : `?${text}`;
}
