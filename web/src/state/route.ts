import { parseCameraId } from '../../../core/ids.ts';

/** Where in the page we are; kept in the address's hash, so that links, back and reload work. */
export type Route =
  | { readonly kind: 'wall' }
  | { readonly kind: 'camera'; readonly camera: string }
  | { readonly kind: 'connect' };

/** Reads a hash such as `#/camera/gate-1`; anything unknown is the wall. */
export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#\/?/, '');
  if (path === 'connect') return { kind: 'connect' };
  const camera = path.startsWith('camera/') ? parseCameraId(path.slice('camera/'.length)) : undefined;
  return camera === undefined ? { kind: 'wall' } : { kind: 'camera', camera };
}

export const wallHref = '#/';
export const connectHref = '#/connect';
export const cameraHref = (camera: string): string => `#/camera/${camera}`;
