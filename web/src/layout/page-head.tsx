import type { ComponentChildren } from 'preact';

/** The head of a page: its name, and on the right what narrows it or acts on it. */
export function PageHead({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="page-head">
      <h2>{title}</h2>
      {children !== undefined && <div class="page-tools">{children}</div>}
    </div>
  );
}
