import { createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import { parseRoute, type Route } from './route.ts';
import { Store } from './store.ts';
import { useStore } from './use-store.ts';

/** The page's place in the address, followed for as long as the page lives. */
export class Router {
  readonly route: Store<Route>;
  readonly #window: Window;

  constructor(window: Window) {
    this.#window = window;
    this.route = new Store(parseRoute(window.location.hash));
    window.addEventListener('hashchange', () => this.#read());
  }

  go(href: string): void {
    this.#window.location.hash = href;
  }

  /** Another query for the same place, without a step in the browser's history: a filter that is being typed. */
  replaceQuery(query: URLSearchParams): void {
    const [path = ''] = this.#window.location.hash.split('?', 1);
    const text = query.toString();
    this.#window.history.replaceState(null, '', `${path === '' ? '#/' : path}${text === '' ? '' : `?${text}`}`);
    this.#read();
  }

  #read(): void {
    this.route.set(parseRoute(this.#window.location.hash));
  }
}

export const RouterContext = createContext<Router | undefined>(undefined);

/** @throws Error outside of the page's root. */
export function useRouter(): Router {
  const router = useContext(RouterContext);
  if (router === undefined) throw new Error('useRouter outside of RouterContext');
  return router;
}

export type QueryChange = Readonly<Record<string, string | undefined>>;

/** The query of the address as what a page is set to, and how to change it: `undefined` or empty takes a key away. */
export function useQuery(): readonly [URLSearchParams, (change: QueryChange) => void] {
  const router = useRouter();
  const { query } = useStore(router.route);
  const params = useMemo(() => new URLSearchParams(query), [query]);
  const change = (changes: QueryChange): void => {
    const next = new URLSearchParams(router.route.get().query);
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined || value === '') next.delete(key);
      else next.set(key, value);
    }
    router.replaceQuery(next);
  };
  return [params, change];
}
