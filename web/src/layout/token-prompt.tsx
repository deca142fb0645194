import { useState } from 'preact/hooks';
import { useLive } from '../live/live.ts';
import { Logo } from './logo.tsx';

interface Props {
  /** The token last given was not the node's. */
  readonly refused: boolean;
  readonly checking: boolean;
}

/** Asks for the node's access token; shown instead of the page while the node refuses it. */
export function TokenPrompt({ refused, checking }: Props) {
  const { api, connection } = useLive();
  const [text, setText] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    api.token.set(text.trim());
    connection.connect();
  };
  return (
    <main class="gate">
      <form class="card" onSubmit={submit}>
        <Logo />
        <h1>This node is protected</h1>
        <p>
          Enter the token of its configuration (<code>auth.token</code>). It stays in this tab and is forgotten when the
          tab closes.
        </p>
        <label class="labelled">
          Access token
          <input
            class="field"
            type="password"
            autocomplete="current-password"
            required
            value={text}
            aria-invalid={refused && !checking}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {refused && !checking && (
          <p class="note is-bad" role="alert">
            The node refused this token.
          </p>
        )}
        <button type="submit" class="button is-primary" disabled={checking}>
          {checking ? 'Asking the node …' : 'Open'}
        </button>
      </form>
    </main>
  );
}
