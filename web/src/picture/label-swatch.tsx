import { labelColour } from './label-colour.ts';

/** A class's name beside the colour of its boxes. */
export function LabelSwatch({ label }: { readonly label: string }) {
  return (
    <>
      <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
        <rect width="10" height="10" fill={labelColour(label)} />
      </svg>
      {label}
    </>
  );
}
