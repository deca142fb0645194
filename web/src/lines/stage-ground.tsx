import type { Point } from '../../../config/camera-settings/schema.ts';
import type { Size } from '../picture/fit.ts';
import type { Readable } from '../state/store.ts';
import { useStore } from '../state/use-store.ts';
import type { Draft, ViewShapes } from './draft.ts';
import { distanceM, type GroundView, gridOf, gridStepM } from './ground.ts';
import type { PreviewNews } from './preview.ts';
import { Handle } from './stage-shapes.tsx';
import { toScreen, type ViewBox } from './view-box.ts';

interface Props {
  readonly draft: Draft;
  readonly shapes: ViewShapes;
  readonly ground: GroundView | undefined;
  readonly measure: readonly Point[];
  /** Whether the ground is what is being edited. */
  readonly active: boolean;
  readonly view: ViewBox;
  readonly stage: Size;
  readonly news: Readable<PreviewNews>;
}

/** The measured ground over the picture: its points, its grid, a distance that is checked, and how fast things go on it. */
export function StageGround({ shapes, ground, measure, active, view, stage, news }: Props) {
  const place = (p: Point) => toScreen(p, view, stage);
  const path = (points: readonly Point[]) =>
    points
      .map(
        (p, i) =>
          `${i === 0 ? 'M' : 'L'}${place(p)
            .map((v) => v.toFixed(1))
            .join(' ')}`,
      )
      .join('');
  const points = shapes.ground?.image ?? [];
  const metres = shapes.ground?.metres ?? [];
  const grid = active && ground !== undefined ? gridOf(ground, metres, gridStepM(metres)) : [];
  const [a, b] = measure;
  const long = a === undefined || b === undefined || ground === undefined ? undefined : distanceM(ground, a, b);
  return (
    <g class="ground">
      {active && (
        <g>
          <path
            class="grid"
            d={grid
              .filter(({ bold }) => !bold)
              .map((l) => path(l.points))
              .join('')}
          />
          <path
            class="grid is-bold"
            d={grid
              .filter(({ bold }) => bold)
              .map((l) => path(l.points))
              .join('')}
          />
          <polygon class={ground === undefined ? 'quad is-faulty' : 'quad'} points={points.map(place).join(' ')} />
        </g>
      )}
      {ground !== undefined && <Speeds news={news} view={view} stage={stage} />}
      {active && a !== undefined && (
        <g class="measured">
          {b !== undefined && <path d={path([a, b])} />}
          {measure.map((p, i) => {
            const [x, y] = place(p);
            return (
              <g key={i} class="handle" data-measure={String(i)}>
                <circle class="hold" cx={x} cy={y} r={16} />
                <circle class="knob" cx={x} cy={y} r={5.5} />
              </g>
            );
          })}
          {b !== undefined && (
            <text class="count" x={(place(a)[0] + place(b)[0]) / 2} y={(place(a)[1] + place(b)[1]) / 2 - 8}>
              {long === undefined ? 'no ground there' : `${long.toFixed(2)} m`}
            </text>
          )}
        </g>
      )}
      {active &&
        points.map((p, i) => {
          const [x, y] = place(p);
          const [mx = 0, my = 0] = metres[i] ?? [];
          return (
            <g key={i}>
              <Handle name={`Ground point ${i + 1} at ${mx} m, ${my} m`} id={`ground:${i}`} at={[x, y]} share={p} />
              <text class="name ground-name" x={x + 11} y={y - 9}>
                {i + 1} ({mx}, {my}) m
              </text>
            </g>
          );
        })}
    </g>
  );
}

function Speeds({ news, view, stage }: Pick<Props, 'news' | 'view' | 'stage'>) {
  const { objects } = useStore(news);
  return (
    <g class="speeds">
      {objects.map(({ track, x, y, kmh }) => {
        if (kmh === null || kmh < 1) return null;
        const [px, py] = toScreen([x, y], view, stage);
        return (
          <text key={track} class="count" x={px} y={Math.min(stage.height - 6, py + 14)}>
            {Math.round(kmh)} km/h
          </text>
        );
      })}
    </g>
  );
}
