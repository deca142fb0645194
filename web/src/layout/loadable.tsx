import type { ComponentChildren } from 'preact';
import { refusalCode, refusalText } from '../api/answer.ts';
import type { Resource } from '../state/use-resource.ts';

interface Props<T> {
  readonly resource: Resource<T>;
  /** What is being waited for: `the alerts`. */
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}

/** A resource in each of its states: asked for, refused, there, or there but no longer the newest. */
export function Loadable<T>({ resource, what, children }: Props<T>) {
  const { value, refusal, loading, reload } = resource;
  if (loading) {
    return (
      <p class="page-note" role="status">
        Asking for {what} …
      </p>
    );
  }
  return (
    <>
      {refusal !== undefined && (
        <div class="refusal" role="alert">
          <p>
            <b>
              No {value === undefined ? 'answer' : 'newer answer'} for {what}:
            </b>{' '}
            {refusalText(refusal)} <code>{refusalCode(refusal)}</code>
          </p>
          <button type="button" class="button is-small" onClick={reload}>
            Ask again
          </button>
        </div>
      )}
      {value !== undefined && children(value)}
    </>
  );
}
