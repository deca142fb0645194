import { formatCount, formatTime } from '../format/numbers.ts';
import { LabelSwatch } from '../picture/label-swatch.tsx';
import type { Sighting } from './sightings.ts';

/** What was seen since the page was opened, newest first. */
export function SightingsTable({ sightings }: { readonly sightings: readonly Sighting[] }) {
  if (sightings.length === 0) return <p class="note">Nothing found since this page was opened.</p>;
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Class</th>
          <th scope="col">Seen</th>
          <th scope="col" class="number">
            Frames
          </th>
          <th scope="col" class="number">
            At once
          </th>
          <th scope="col" class="number">
            Best score
          </th>
        </tr>
      </thead>
      <tbody>
        {sightings.map((s) => (
          <tr key={`${s.label}.${s.firstAt}`}>
            <th scope="row">
              <LabelSwatch label={s.label} />
            </th>
            <td>
              {formatTime(s.firstAt)} – {formatTime(s.lastAt)}
            </td>
            <td class="number">{formatCount(s.frames)}</td>
            <td class="number">{s.atOnce}</td>
            <td class="number">{s.scoreMax.toFixed(2)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
