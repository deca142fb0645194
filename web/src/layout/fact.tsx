import type { ComponentChildren } from 'preact';

interface Props {
  readonly name: string;
  /** What it means, in a sentence. */
  readonly hint: string;
  readonly children: ComponentChildren;
}

/** A name and its figure in a `dl`. */
export function Fact({ name, hint, children }: Props) {
  return (
    <div title={hint}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
