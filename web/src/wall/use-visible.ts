import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Begin a little early, so that a camera scrolled to is already there. */
const MARGIN = '160px';

const listeners = new Map<Element, (visible: boolean) => void>();
let observer: IntersectionObserver | undefined;

// One observer for all tiles: the browser then checks them in one pass.
function observe(element: Element, listener: (visible: boolean) => void): () => void {
  observer ??= new IntersectionObserver(
    (changes) => {
      for (const change of changes) listeners.get(change.target)?.(change.isIntersecting);
    },
    { rootMargin: MARGIN },
  );
  listeners.set(element, listener);
  observer.observe(element);
  return () => {
    listeners.delete(element);
    observer?.unobserve(element);
  };
}

/** Whether the element is on the screen or about to be. */
export function useVisible(ref: RefObject<Element | null>): boolean {
  const [visible, setVisible] = useState(false);
  useEffect(() => (ref.current === null ? undefined : observe(ref.current, setVisible)), [ref]);
  return visible;
}
