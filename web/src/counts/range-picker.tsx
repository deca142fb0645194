import { RANGES } from '../history/history-view.ts';

interface Props {
  /** As the API reads moments: `-24h`. */
  readonly range: string;
  readonly onChange: (range: string) => void;
}

/** How far back. */
export function RangePicker({ range, onChange }: Props) {
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">Range</legend>
      {RANGES.map(([value, name]) => (
        <label key={value} class={value === range ? 'segment is-chosen' : 'segment'}>
          <input type="radio" name="range" checked={value === range} onChange={() => onChange(value)} />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
