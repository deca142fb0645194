import { useEffect, useRef, useState } from 'preact/hooks';
import { browserClock } from '../browser-clock.ts';

interface Props {
  readonly label: string;
  readonly value: string | undefined;
  readonly list?: string;
  readonly type?: 'text' | 'search';
  readonly onValue: (value: string) => void;
}

/** The question is asked once whoever types pauses for so long. */
const PAUSE_MS = 300;

/** A field of a filter: what is typed holds once whoever types pauses. */
export function TypedField({ label, value = '', list, type = 'text', onValue }: Props) {
  const [typed, setTyped] = useState(value);
  const timer = useRef<{ cancel(): void } | undefined>(undefined);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => timer.current?.cancel(), []);
  return (
    <input
      class="field is-small"
      type={type}
      aria-label={label}
      placeholder={label}
      value={typed}
      maxLength={200}
      spellcheck={false}
      autocomplete="off"
      {...(list === undefined ? {} : { list })}
      onInput={(event) => {
        const text = event.currentTarget.value;
        setTyped(text);
        timer.current?.cancel();
        timer.current = browserClock.after(PAUSE_MS, () => onValue(text.trim()));
      }}
    />
  );
}
