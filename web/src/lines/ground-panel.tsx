import { useState } from 'preact/hooks';
import type { Point } from '../../../config/camera-settings/schema.ts';
import { Field, NumberInput } from '../settings/fields.tsx';
import { type Draft, GROUND_POINTS_MAX, viewOf, withGround, withoutPoint } from './draft.ts';
import { distanceM, type GroundView, gridStepM, rectangle, scaledGround } from './ground.ts';
import type { Edit } from './shape-panel.tsx';
import type { Tool } from './stage.tsx';

interface Props {
  readonly draft: Draft;
  readonly ground: GroundView | undefined;
  /** Why the points are no plane. */
  readonly fault: string | undefined;
  readonly measure: readonly Point[];
  readonly tool: Tool;
  readonly setTool: (tool: Tool) => void;
  readonly edit: Edit;
}

/** Worse than this is a slip of a point, m. */
const OFF_M_MAX = 0.5;

/** Where points of the picture lie in metres: what speeds are made of, and how to find out that it is wrong. */
export function GroundPanel({ draft, ground, fault, measure, tool, setTool, edit }: Props) {
  const view = viewOf(draft).ground;
  const image = view?.image ?? [];
  const metres = view?.metres ?? [];
  const setMetre = (i: number, axis: 0 | 1, value: number | undefined): void => {
    if (value === undefined) return;
    edit((d) => {
      const g = d.ground;
      if (!g) return d;
      const next = g.metres.map((p, k): [number, number] => (k !== i ? p : axis === 0 ? [value, p[1]] : [p[0], value]));
      return { ...d, ground: { ...g, metres: next } };
    }, `metres ${i} ${axis}`);
  };
  return (
    <>
      <p class="note">
        Speeds need the road's plane: four or more places on it, and where they are in metres, seen from above (x to the
        right, y away from the camera). Then the grid must lie on the road like a chequered cloth.
      </p>
      {image.length === 0 ? null : (
        <div class="table-scroll">
          <table class="table ground-table">
            <thead>
              <tr>
                <th scope="col">#</th>
                <th scope="col">x, m</th>
                <th scope="col">y, m</th>
                <th scope="col" class="number" title="How far the fitted plane puts it from here">
                  off, m
                </th>
                <th scope="col">
                  <span class="visually-hidden">Remove</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {image.map((_, i) => {
                const [x, y] = metres[i] ?? [];
                const off = ground?.offM[i];
                return (
                  <tr key={i}>
                    <th scope="row">{i + 1}</th>
                    <td>
                      <NumberInput
                        value={x}
                        ariaLabel={`Point ${i + 1}, x in metres`}
                        onValue={(v) => setMetre(i, 0, v)}
                      />
                    </td>
                    <td>
                      <NumberInput
                        value={y}
                        ariaLabel={`Point ${i + 1}, y in metres`}
                        onValue={(v) => setMetre(i, 1, v)}
                      />
                    </td>
                    <td class={off !== undefined && off > OFF_M_MAX ? 'number is-off' : 'number'}>
                      {off === undefined ? '–' : image.length === 4 ? 'fits' : off.toFixed(2)}
                    </td>
                    <td>
                      <button
                        type="button"
                        class="icon-button"
                        aria-label={`Remove point ${i + 1}`}
                        onClick={() => edit((d) => withoutPoint(d, { kind: 'ground', point: i }) ?? d)}
                      >
                        ×
                      </button>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {image.length > 0 && fault !== undefined && (
        <p class="note is-bad" role="alert" data-ground-fault>
          {fault}
        </p>
      )}
      {ground !== undefined && (
        <p class="note" data-ground-fit>
          {image.length === 4
            ? 'Four points always fit. A fifth would show how exact they are.'
            : `Mean error ${rms(ground.offM).toFixed(2)} m over ${image.length} points.`}{' '}
          Cells of the grid: {gridStepM(metres)} m.
        </p>
      )}
      <div class="buttons">
        <button
          type="button"
          class="button is-small"
          aria-pressed={tool === 'ground'}
          disabled={image.length >= GROUND_POINTS_MAX}
          onClick={() => setTool(tool === 'ground' ? 'select' : 'ground')}
        >
          + Point
        </button>
        {image.length > 0 && (
          <button type="button" class="button is-small" onClick={() => edit((d) => withGround(d, [], []))}>
            No ground
          </button>
        )}
      </div>
      <RectanglePreset image={image} edit={edit} />
      <KnownDistance
        ground={ground}
        image={image}
        metres={metres}
        measure={measure}
        tool={tool}
        setTool={setTool}
        edit={edit}
      />
    </>
  );
}

const rms = (off: readonly number[]): number => Math.sqrt(off.reduce((sum, m) => sum + m * m, 0) / (off.length || 1));

function RectanglePreset({ image, edit }: { readonly image: readonly Point[]; readonly edit: Edit }) {
  const [width, setWidth] = useState<number | undefined>(3.5);
  const [length, setLength] = useState<number | undefined>(20);
  const good = width !== undefined && length !== undefined && width > 0 && length > 0;
  return (
    <fieldset class="preset">
      <legend>Rectangle on the road</legend>
      <p class="note">
        A lane's width by a known length, such as between two lamp posts or marks.{' '}
        {image.length >= 4 ? 'Your first four points become its corners.' : 'Drag its corners to where they belong.'}
      </p>
      <div class="preset-row">
        <Field label="Width, m">
          {(control) => (
            <NumberInput control={control} name="rectangle-width" value={width} onValue={setWidth} invalid={!good} />
          )}
        </Field>
        <Field label="Length, m">
          {(control) => (
            <NumberInput control={control} name="rectangle-length" value={length} onValue={setLength} invalid={!good} />
          )}
        </Field>
        <button
          type="button"
          class="button is-small"
          disabled={!good}
          onClick={() => {
            if (!good) return;
            const made = rectangle(image, width, length);
            edit((d) => withGround(d, made.image, made.metres));
          }}
        >
          Lay it
        </button>
      </div>
    </fieldset>
  );
}

interface KnownProps extends Pick<Props, 'ground' | 'measure' | 'tool' | 'setTool' | 'edit'> {
  readonly image: readonly Point[];
  readonly metres: readonly Point[];
}

function KnownDistance({ ground, image, metres, measure, tool, setTool, edit }: KnownProps) {
  const [known, setKnown] = useState<number>();
  const [a, b] = measure;
  const found = ground === undefined || a === undefined || b === undefined ? undefined : distanceM(ground, a, b);
  const error = found === undefined || known === undefined || known <= 0 ? undefined : found / known - 1;
  return (
    <fieldset class="preset">
      <legend>Check with a distance you know</legend>
      <div class="preset-row">
        <button
          type="button"
          class="button is-small"
          aria-pressed={tool === 'measure'}
          disabled={ground === undefined}
          onClick={() => setTool(tool === 'measure' ? 'select' : 'measure')}
        >
          Measure
        </button>
        <output data-measured>
          {b === undefined
            ? 'Two points on the road'
            : found === undefined
              ? 'Not on the ground'
              : `${found.toFixed(2)} m`}
        </output>
        <Field label="In truth, m">
          {(control) => <NumberInput control={control} name="known-distance" value={known} onValue={setKnown} />}
        </Field>
      </div>
      {error !== undefined && known !== undefined && found !== undefined && (
        <p class={Math.abs(error) > 0.05 ? 'note is-bad' : 'note'} data-measure-error>
          {`${error >= 0 ? '+' : '−'}${(Math.abs(error) * 100).toFixed(1)} %: speeds there are told as much too ${error >= 0 ? 'high' : 'low'}.`}{' '}
          <button
            type="button"
            class="button is-small"
            onClick={() => {
              const scaled = scaledGround({ image, metres }, known / found);
              edit((d) => withGround(d, scaled.image, scaled.metres));
            }}
          >
            Scale the ground to it
          </button>
        </p>
      )}
    </fieldset>
  );
}
