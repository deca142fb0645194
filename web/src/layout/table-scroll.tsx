import type { ComponentChildren } from 'preact';

interface Props {
  /** What is in it: `Shards`. */
  readonly label: string;
  readonly children: ComponentChildren;
}

/** A table that may be wider than its place: it scrolls by itself, also with the keys. */
export function TableScroll({ label, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse
    <section class="table-scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
