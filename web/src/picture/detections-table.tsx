import type { Detection } from '../../../core/detection.ts';
import { LabelSwatch } from './label-swatch.tsx';

interface Props {
  readonly seq: number;
  readonly detections: readonly Detection[];
}

/** The boxes of the picture on the screen as a table, surest first. */
export function DetectionsTable({ seq, detections }: Props) {
  return (
    <div data-detections-seq={seq}>
      {detections.length === 0 ? (
        <p class="note">Nothing found in picture {seq}.</p>
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Class</th>
              <th scope="col" class="number">
                Score
              </th>
              <th scope="col">Box, % from left, top – right, bottom</th>
            </tr>
          </thead>
          <tbody>
            {[...detections]
              .sort((a, b) => b.score - a.score)
              .map((d) => (
                <tr key={`${d.label}.${d.box.join()}`}>
                  <th scope="row">
                    <LabelSwatch label={d.label} />
                  </th>
                  <td class="number">{d.score.toFixed(2)}</td>
                  <td class="box">{boxText(d)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function boxText({ box }: Detection): string {
  const [x1, y1, x2, y2] = box.map((share) => (share * 100).toFixed(1));
  return `${x1}, ${y1} – ${x2}, ${y2}`;
}
