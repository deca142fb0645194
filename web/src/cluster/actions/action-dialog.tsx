import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type Answer, type Refusal, refusalCode, refusalText } from '../../api/answer.ts';
import { Dialog } from '../../layout/dialog.tsx';
import { useStore } from '../../state/use-store.ts';
import { isWho, useWho } from '../../state/who.ts';

/** Characters of a reason that the event log keeps. */
const WHY_CHARS_MAX = 256;

export interface Asked {
  readonly why: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

interface Props<T> {
  readonly title: string;
  readonly onClose: () => void;
  /** What it will do, shown before anything is done. */
  readonly children: ComponentChildren;
  /** On the button. */
  readonly verb: string;
  /** It cannot be done as things are, or is not known yet. */
  readonly impossible?: boolean;
  /** Must be typed first: for what cannot be taken back. */
  readonly typed?: string;
  readonly send: (asked: Asked) => Promise<Answer<T>>;
  /** Called once it is done, or begun. */
  readonly onDone?: (value: T) => void;
  /** In place of the preview once it is done or begun: how it goes. */
  readonly after: (value: T) => ComponentChildren;
}

/** An action in three steps: what it would do, who does it and why, how it goes. */
export function ActionDialog<T>(props: Props<T>) {
  const { title, onClose, children, verb, impossible = false, typed, send, onDone, after } = props;
  const who = useWho();
  const name = useStore(who);
  const [why, setWhy] = useState('');
  const [text, setText] = useState('');
  const [state, setState] = useState<
    { kind: 'asking' } | { kind: 'sending' } | { kind: 'refused'; refusal: Refusal } | { kind: 'done'; value: T }
  >({ kind: 'asking' });

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setState({ kind: 'sending' });
    const said = why.trim();
    const answer = await send({ why: said === '' ? undefined : said, headers: who.asks(said) });
    if (answer.kind !== 'ok') return setState({ kind: 'refused', refusal: answer });
    setState({ kind: 'done', value: answer.value });
    onDone?.(answer.value);
  };

  return (
    <Dialog title={title} onClose={onClose}>
      {state.kind === 'done' ? (
        <div class="action-after" role="status">
          {after(state.value)}
        </div>
      ) : (
        <form class="action-form" onSubmit={(event) => void submit(event)}>
          {children}
          <div class="action-fields">
            <label class="labelled">
              Why
              <input
                class="field"
                maxLength={WHY_CHARS_MAX}
                placeholder="For the event log"
                value={why}
                onInput={(event) => setWhy(event.currentTarget.value)}
              />
            </label>
            <label class="labelled">
              Who
              <input
                class="field"
                autocomplete="username"
                maxLength={64}
                placeholder="Your name"
                value={name}
                onInput={(event) => {
                  const text = event.currentTarget.value;
                  if (isWho(text)) who.set(text);
                  else event.currentTarget.value = name;
                }}
              />
            </label>
          </div>
          {typed !== undefined && (
            <label class="labelled">
              <span>
                Type <code>{typed}</code> to go on
              </span>
              <input
                class="field"
                autocomplete="off"
                spellcheck={false}
                value={text}
                onInput={(event) => setText(event.currentTarget.value)}
              />
            </label>
          )}
          {state.kind === 'refused' && (
            <p class="note is-bad" role="alert">
              Nothing was done: {refusalText(state.refusal)} <code>{refusalCode(state.refusal)}</code>
            </p>
          )}
          <div class="dialog-actions">
            <button
              type="submit"
              class={typed === undefined ? 'button is-primary' : 'button is-danger'}
              disabled={impossible || state.kind === 'sending' || (typed !== undefined && text !== typed)}
            >
              {state.kind === 'sending' ? 'Asking …' : verb}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
