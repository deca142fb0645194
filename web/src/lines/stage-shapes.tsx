import type { Point } from '../../../config/camera-settings/schema.ts';
import { forwardOf } from '../picture/draw-shapes.ts';
import type { Size } from '../picture/fit.ts';
import { LINE_COLOUR, ZONE_COLOURS } from '../picture/shape-colours.ts';
import type { Readable } from '../state/store.ts';
import { useStore } from '../state/use-store.ts';
import type { ShapeRef, ViewLine, ViewShapes, ViewZone } from './draft.ts';
import type { PreviewLine, PreviewNews } from './preview.ts';
import { toScreen, type ViewBox } from './view-box.ts';

interface Placed {
  readonly view: ViewBox;
  readonly stage: Size;
}

interface Props extends Placed {
  readonly shapes: ViewShapes;
  readonly selected: ShapeRef | undefined;
  /** Shapes take the focus and have handles. */
  readonly editable: boolean;
  readonly dimmed: boolean;
  readonly faults: ReadonlyMap<string, readonly string[]>;
  readonly news: Readable<PreviewNews>;
}

/** Lines and zones of the draft, with what they count. */
export function StageShapes({ shapes, selected, editable, dimmed, faults, news, view, stage }: Props) {
  const { lines, zones, lit } = useStore(news);
  const isChosen = (kind: 'line' | 'zone', index: number) => selected?.kind === kind && selected.index === index;
  return (
    <g class={dimmed ? 'shapes is-dimmed' : 'shapes'}>
      {shapes.zones.map((zone, index) => (
        <ZoneShape
          key={index}
          zone={zone}
          index={index}
          chosen={isChosen('zone', index)}
          editable={editable}
          faults={faults.get(`zone:${index}`)}
          occupancy={zones.get(zone.id)?.occupancy}
          lit={lit.has(zone.id)}
          view={view}
          stage={stage}
        />
      ))}
      {shapes.lines.map((line, index) => (
        <LineShape
          key={index}
          line={line}
          index={index}
          chosen={isChosen('line', index)}
          editable={editable}
          faults={faults.get(`line:${index}`)}
          counts={lines.get(line.id)}
          lit={lit.has(line.id)}
          view={view}
          stage={stage}
        />
      ))}
    </g>
  );
}

interface ShapeProps extends Placed {
  readonly index: number;
  readonly chosen: boolean;
  readonly editable: boolean;
  readonly faults: readonly string[] | undefined;
  readonly lit: boolean;
}

const groupProps = (kind: 'line' | 'zone', index: number, editable: boolean, label: string) =>
  editable
    ? ({ 'data-shape': `${kind}:${index}`, tabindex: 0, role: 'button', 'aria-label': label } as const)
    : ({ 'data-shape': `${kind}:${index}` } as const);

/** A picture has no buttons of its own. */
const AS_BUTTON = { role: 'button' } as const;

const classOf = (kind: string, { chosen, lit, faults }: Pick<ShapeProps, 'chosen' | 'lit' | 'faults'>): string =>
  `${kind}${chosen ? ' is-chosen' : ''}${lit ? ' is-lit' : ''}${faults === undefined ? '' : ' is-faulty'}`;

function LineShape(props: ShapeProps & { readonly line: ViewLine; readonly counts: PreviewLine | undefined }) {
  const { line, index, chosen, editable, faults, counts, view, stage } = props;
  const [x1, y1] = toScreen(line.from, view, stage);
  const [x2, y2] = toScreen(line.to, view, stage);
  const at = { x: view.x, y: view.y, width: stage.width * view.scale, height: stage.height * view.scale };
  const { middle, normal } = forwardOf(line.from, line.to, at);
  const reach = Math.min(24, Math.max(14, stage.width / 28));
  const tip: Point = [middle[0] + normal[0] * reach, middle[1] + normal[1] * reach];
  const beside = (sign: number): [number, number] => {
    // Words are wider than high: beside an upright line they begin further off it.
    const off = reach + 12 + Math.abs(normal[0]) * 22;
    return [middle[0] + sign * normal[0] * off, middle[1] + sign * normal[1] * off];
  };
  const label = `Line ${line.id}: ${counts === undefined ? 'not counted' : `${line.names.forward} ${counts.forward}, ${line.names.backward} ${counts.backward}`}${faultText(faults)}`;
  return (
    <g class={classOf('shape-line', props)}>
      <g {...groupProps('line', index, editable, label)}>
        <line class="hit" x1={x1} y1={y1} x2={x2} y2={y2} />
        <line class="under" x1={x1} y1={y1} x2={x2} y2={y2} />
        <line class="stroke" x1={x1} y1={y1} x2={x2} y2={y2} stroke={LINE_COLOUR} />
        <path class="arrow" d={arrowPath(middle, tip)} fill={LINE_COLOUR} stroke={LINE_COLOUR} />
        <circle class="end" cx={x1} cy={y1} r={3.5} fill={LINE_COLOUR} />
        <circle class="end" cx={x2} cy={y2} r={3.5} fill={LINE_COLOUR} />
      </g>
      <Name at={[x1, y1 + 18]} text={line.id} colour={LINE_COLOUR} stage={stage} faults={faults} />
      {counts !== undefined && (
        <>
          <Count at={beside(1)} text={`${line.names.forward} ${counts.forward}`} stage={stage} />
          <Count at={beside(-1)} text={`${line.names.backward} ${counts.backward}`} stage={stage} />
        </>
      )}
      {chosen && editable && (
        <>
          <Handle name={`${line.id}, first point`} id={`line:${index}:0`} at={[x1, y1]} share={line.from} />
          <Handle name={`${line.id}, second point`} id={`line:${index}:1`} at={[x2, y2]} share={line.to} />
        </>
      )}
    </g>
  );
}

function ZoneShape(props: ShapeProps & { readonly zone: ViewZone; readonly occupancy: number | undefined }) {
  const { zone, index, chosen, editable, faults, occupancy, view, stage } = props;
  const colour = ZONE_COLOURS[zone.kind];
  const corners = zone.polygon.map((p) => toScreen(p, view, stage));
  const points = corners.map(([x, y]) => `${x},${y}`).join(' ');
  const [top = [0, 0]] = [...corners].sort(([, a], [, b]) => a - b);
  const label = `Zone ${zone.id}, ${zone.kind}: ${occupancy ?? 0} in it${faultText(faults)}`;
  const heading = zone.heading;
  const ends = heading === null ? [] : [heading.from, heading.to].map((p) => toScreen(p, view, stage));
  const [begin, end] = ends;
  return (
    <g class={classOf('shape-zone', props)}>
      <g {...groupProps('zone', index, editable, label)}>
        <polygon class="area" points={points} fill={colour} stroke={colour} />
        {begin !== undefined && end !== undefined && (
          <path class="arrow" d={arrowPath(begin, end)} fill={colour} stroke={colour} />
        )}
      </g>
      <Name
        at={[top[0], top[1] + 15]}
        text={occupancy === undefined ? zone.id : `${zone.id}  ${occupancy}`}
        colour={colour}
        stage={stage}
        faults={faults}
      />
      {chosen && editable && (
        <>
          {corners.map((at, i) => {
            const [bx, by] = corners[(i + 1) % corners.length] ?? at;
            const key = `zone:${index}:${i}`;
            return (
              <g key={key}>
                <Handle
                  name={`${zone.id}, corner ${i + 1} of ${corners.length}`}
                  id={key}
                  at={at}
                  share={zone.polygon[i] ?? [0, 0]}
                />
                <circle
                  class="middle"
                  cx={(at[0] + bx) / 2}
                  cy={(at[1] + by) / 2}
                  r={5}
                  tabindex={0}
                  {...AS_BUTTON}
                  aria-label={`New corner between ${i + 1} and ${((i + 1) % corners.length) + 1}`}
                  data-middle={`${index}:${i}`}
                />
              </g>
            );
          })}
          {ends.map((at, i) => (
            <Handle
              key={i}
              name={`${zone.id}, heading, ${i === 0 ? 'begin' : 'end'}`}
              id={`heading:${index}:${i}`}
              at={at}
              share={(i === 0 ? heading?.from : heading?.to) ?? [0, 0]}
            />
          ))}
        </>
      )}
    </g>
  );
}

const faultText = (faults: readonly string[] | undefined): string =>
  faults === undefined ? '' : `. Faulty: ${faults.join(' ')}`;

interface HandleProps {
  readonly name: string;
  /** As `data-point` has it. */
  readonly id: string;
  readonly at: Point;
  readonly share: Point;
}

/** A point that can be taken hold of, with a larger place around it for fingers. */
export function Handle({ name, id, at: [x, y], share }: HandleProps) {
  return (
    <g
      class="handle"
      tabindex={0}
      {...AS_BUTTON}
      aria-label={`${name}: x ${share[0].toFixed(4)}, y ${share[1].toFixed(4)}`}
      data-point={id}
    >
      <circle class="hold" cx={x} cy={y} r={16} />
      <circle class="knob" cx={x} cy={y} r={6.5} />
      <circle class="core" cx={x} cy={y} r={1.5} />
    </g>
  );
}

interface NameProps {
  readonly at: Point;
  readonly text: string;
  readonly colour: string;
  readonly stage: Size;
  readonly faults: readonly string[] | undefined;
}

function Name({ at, text, colour, stage, faults }: NameProps) {
  const width = text.length * 6.6 + 8;
  const x = Math.max(4, Math.min(stage.width - width, at[0]));
  const y = Math.max(14, Math.min(stage.height - 6, at[1]));
  return (
    <g>
      <text class="name" x={x} y={y} fill={colour}>
        {text}
      </text>
      {faults !== undefined && (
        <text class="name fault" x={x} y={Math.min(stage.height - 6, y + 15)}>
          {faults[0]}
        </text>
      )}
    </g>
  );
}

function Count({ at: [x, y], text, stage }: { readonly at: Point; readonly text: string; readonly stage: Size }) {
  const half = text.length * 3.4;
  return (
    <text
      class="count"
      x={Math.max(half, Math.min(stage.width - half, x))}
      y={Math.max(14, Math.min(stage.height - 6, y + 4))}
    >
      {text}
    </text>
  );
}

/** A shaft with a head, in pixels. */
export function arrowPath(from: Point, to: Point): string {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  if (length < 1) return '';
  const [ux, uy] = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
  const head = 9;
  const [nx, ny] = [to[0] - ux * head, to[1] - uy * head];
  return `M${from[0]} ${from[1]}L${nx} ${ny}M${to[0]} ${to[1]}L${nx - uy * 5} ${ny + ux * 5}L${nx + uy * 5} ${ny - ux * 5}Z`;
}
