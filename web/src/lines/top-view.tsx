import type { Point } from '../../../config/camera-settings/schema.ts';
import { labelColour } from '../picture/label-colour.ts';
import type { Readable } from '../state/store.ts';
import { useStore } from '../state/use-store.ts';
import { extentOf, gridStepM } from './ground.ts';
import type { PreviewNews } from './preview.ts';

interface Props {
  readonly metres: readonly Point[];
  readonly news: Readable<PreviewNews>;
}

const WIDTH = 320;
const HEIGHT_MAX = 420;

/** The ground from above, far side up: the measured points, and where things are and how fast they go right now. */
export function TopView({ metres, news }: Props) {
  const { objects } = useStore(news);
  const step = gridStepM(metres);
  const { left, right, near, far } = extentOf(metres, step, 0.35);
  const scale = Math.min(WIDTH / (right - left), HEIGHT_MAX / (far - near));
  const width = (right - left) * scale;
  const height = (far - near) * scale;
  const place = ([x, y]: Point): [number, number] => [(x - left) * scale, (far - y) * scale];
  const grid = (every: number) => {
    const parts: string[] = [];
    for (let x = Math.ceil(left / every) * every; x <= right; x += every)
      parts.push(`M${(x - left) * scale} 0V${height}`);
    for (let y = Math.ceil(near / every) * every; y <= far; y += every) parts.push(`M0 ${(far - y) * scale}H${width}`);
    return parts.join('');
  };
  const on = objects.flatMap((object) =>
    object.ground === null ||
    object.ground[0] < left ||
    object.ground[0] > right ||
    object.ground[1] < near ||
    object.ground[1] > far
      ? []
      : [{ ...object, ground: object.ground }],
  );
  return (
    <figure class="top-view">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`The ground from above: ${on.length} objects on it`}
      >
        <title>The ground from above</title>
        <path class="grid" d={grid(step)} />
        <path class="grid is-bold" d={grid(step * 5)} />
        <polygon class="quad" points={metres.map(place).join(' ')} />
        {metres.map((p, i) => {
          const [x, y] = place(p);
          return (
            <g key={i}>
              <circle class="mark" cx={x} cy={y} r={3} />
              <text class="mark-name" x={x + 5} y={y - 4}>
                {i + 1}
              </text>
            </g>
          );
        })}
        {on.map(({ track, label, ground, kmh }) => {
          const [x, y] = place(ground);
          return (
            <g key={track}>
              <circle class="object" cx={x} cy={y} r={5} fill={labelColour(label)} />
              <text class="object-name" x={x + 8} y={y + 4}>
                {kmh === null ? label : `${Math.round(kmh)} km/h`}
              </text>
            </g>
          );
        })}
      </svg>
      <figcaption class="note">
        {(right - left).toFixed(0)} × {(far - near).toFixed(0)} m, cells of {step} m, far side up.{' '}
        {on.length === 0
          ? 'Nothing is on it just now.'
          : `${on.length} on it: ${on
              .slice(0, 6)
              .map(({ label, kmh }) => `${label} ${kmh === null ? '' : `${Math.round(kmh)} km/h`}`.trim())
              .join(', ')}.`}
      </figcaption>
    </figure>
  );
}
