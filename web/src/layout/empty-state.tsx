import type { ComponentChildren } from 'preact';

/** What stands where there is nothing to list: says why, and what to do about it. */
export function EmptyState({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <section class="empty">
      <h3>{title}</h3>
      {children}
    </section>
  );
}
