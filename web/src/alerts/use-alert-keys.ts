import { useEffect, useRef } from 'preact/hooks';

export interface AlertKeys {
  readonly move: (step: 1 | -1) => void;
  readonly acknowledge: () => void;
  readonly choose: () => void;
  readonly close: () => void;
}

/** `j` `k` (or the arrows on a row) move, `a` acknowledges, `x` selects, `Escape` closes; not while somebody types. */
export function useAlertKeys(keys: AlertKeys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    let afterG = false;
    const press = (event: KeyboardEvent): void => {
      // `g a` is the way to this page (layout/shortcuts.tsx), not an acknowledgement.
      const isChord = afterG;
      afterG = event.key === 'g';
      if (isChord || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const { move, acknowledge, choose, close } = latest.current;
      const onRow = event.target instanceof Element && event.target.closest('[data-alert]') !== null;
      if (event.key === 'j' || (onRow && event.key === 'ArrowDown')) move(1);
      else if (event.key === 'k' || (onRow && event.key === 'ArrowUp')) move(-1);
      else if (event.key === 'a') acknowledge();
      else if (event.key === 'x') choose();
      else if (event.key === 'Escape') close();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input:not([type=checkbox]), textarea, select') !== null;
}
