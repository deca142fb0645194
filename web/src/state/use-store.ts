import { useEffect, useState } from 'preact/hooks';
import type { Readable } from './store.ts';

/** The store's value; the component renders again when it changes. */
export function useStore<T>(store: Readable<T>): T {
  const [, setTick] = useState(0);
  useEffect(() => {
    const seen = store.get();
    const unsubscribe = store.subscribe(() => setTick((tick) => tick + 1));
    // It may have changed between the render and this effect.
    if (!Object.is(seen, store.get())) setTick((tick) => tick + 1);
    return unsubscribe;
  }, [store]);
  return store.get();
}
