import { useEffect, useState } from 'preact/hooks';
import { type PageName, pageHref } from '../state/route.ts';
import { useRouter } from '../state/router.ts';
import { Dialog } from './dialog.tsx';

/** `g`, then one of these. */
const PLACES: readonly (readonly [key: string, page: PageName, name: string])[] = [
  ['o', 'overview', 'Overview'],
  ['c', 'cameras', 'Cameras'],
  ['a', 'alerts', 'Alerts'],
  ['h', 'history', 'History'],
  ['w', 'waste', 'Waste'],
  ['s', 'cluster', 'Cluster and shards'],
  ['d', 'devices', 'Devices'],
];
/** A `g` is forgotten after this long. */
const CHORD_MS_MAX = 1_500;

/** Keys that work on every page, and the card that lists them. */
export function Shortcuts() {
  const router = useRouter();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    let chordAtMs = Number.NEGATIVE_INFINITY;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const place = PLACES.find(([key]) => key === event.key);
      if (event.timeStamp - chordAtMs < CHORD_MS_MAX && place !== undefined) router.go(pageHref(place[1]));
      else if (event.key === '?') setShown(true);
      else if (event.key === '/') focusSearch(event);
      chordAtMs = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [router]);
  if (!shown) return null;
  return (
    <Dialog title="Keys" onClose={() => setShown(false)}>
      <dl class="keys">
        {PLACES.map(([key, , name]) => (
          <div key={key}>
            <dt>
              <kbd>g</kbd> <kbd>{key}</kbd>
            </dt>
            <dd>{name}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>/</kbd>
          </dt>
          <dd>Search or filter this page</dd>
        </div>
        <div>
          <dt>
            <kbd>?</kbd>
          </dt>
          <dd>This card</dd>
        </div>
      </dl>
    </Dialog>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest('input:not([type=radio]):not([type=checkbox]), textarea, select') !== null)
  );
}

function focusSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLElement>('main input[type="search"]');
  if (field === null) return;
  event.preventDefault();
  field.focus();
}
