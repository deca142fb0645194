import { useEffect, useRef, useState } from 'preact/hooks';
import type { Readable } from './store.ts';

/** The store's value; the component renders again when it changes. */
export function useStore<T>(store: Readable<T>): T {
  const [, setTick] = useState(0);
  const value = store.get();
  const rendered = useRef(value);
  rendered.current = value;
  useEffect(() => {
    const unsubscribe = store.subscribe(() => setTick((tick) => tick + 1));
    // It may have changed between the render and this effect, when nobody listened yet.
    if (!Object.is(rendered.current, store.get())) setTick((tick) => tick + 1);
    return unsubscribe;
  }, [store]);
  return value;
}
