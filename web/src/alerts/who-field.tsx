import { useStore } from '../state/use-store.ts';
import { isWho, useWho } from '../state/who.ts';

/** Who acknowledges: goes along as `X-Camshard-Who`, and is remembered by this browser. */
export function WhoField() {
  const who = useWho();
  const name = useStore(who);
  return (
    <label class="who" title="Named in acknowledgements and in the audit log; kept by this browser only">
      <span class="quiet">You are</span>
      <input
        class="field is-small"
        value={name}
        placeholder="your name"
        autocomplete="name"
        maxLength={64}
        onInput={(event) => {
          const text = event.currentTarget.value;
          if (isWho(text)) who.set(text);
          else event.currentTarget.value = name;
        }}
      />
    </label>
  );
}
