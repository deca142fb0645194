import { parseRoute, type Route } from './route.ts';
import { Store } from './store.ts';

/** The route of `window`, followed for as long as the page lives. */
export function followRoute(window: Window): Store<Route> {
  const route = new Store(parseRoute(window.location.hash));
  window.addEventListener('hashchange', () => route.set(parseRoute(window.location.hash)));
  return route;
}
