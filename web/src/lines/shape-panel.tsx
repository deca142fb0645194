import type { SettingsFault } from '../../../config/camera-settings/fault.ts';
import { ZONE_COLOURS, type ZoneKind } from '../picture/shape-colours.ts';
import { Field, NumberField, NumberInput, WordsField } from '../settings/fields.tsx';
import { faultText } from './check-draft.ts';
import {
  type Draft,
  type DraftLine,
  type DraftZone,
  flipLine,
  pointsOf,
  renameShape,
  type ShapeRef,
  tidy,
  unitsOf,
  withHeading,
  withLine,
  withoutPoint,
  withoutShape,
  withZone,
} from './draft.ts';

export type Edit = (change: (draft: Draft) => Draft, tag?: string) => void;

interface Props {
  readonly draft: Draft;
  readonly selected: ShapeRef | undefined;
  readonly faults: readonly SettingsFault[];
  readonly edit: Edit;
  readonly select: (ref: ShapeRef | undefined) => void;
  readonly drawHeading: () => void;
}

/** All lines and zones; the chosen one with everything the settings say of it. */
export function ShapePanel({ draft, selected, faults, edit, select, drawHeading }: Props) {
  const lines = draft.lines ?? [];
  const zones = draft.zones ?? [];
  const isChosen = (kind: ShapeRef['kind'], index: number) => selected?.kind === kind && selected.index === index;
  const countOf = (list: string, index: number) =>
    faults.filter(({ path }) => path.startsWith(`${list}[${index}]`)).length;
  const row = (kind: ShapeRef['kind'], index: number, id: string, what: string, colour: string | undefined) => {
    const wrong = countOf(kind === 'line' ? 'lines' : 'zones', index);
    return (
      <li key={`${kind} ${index}`}>
        <button
          type="button"
          class={isChosen(kind, index) ? 'shape-row is-chosen' : 'shape-row'}
          aria-pressed={isChosen(kind, index)}
          onClick={() => select(isChosen(kind, index) ? undefined : { kind, index })}
        >
          <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
            {kind === 'line' ? (
              <path d="M1 9L9 1" stroke="#b58a00" stroke-width="2.4" />
            ) : (
              <rect width="10" height="10" fill={colour} />
            )}
          </svg>
          <span class="shape-id">{id === '' ? '(no name)' : id}</span>
          <span class="quiet">{what}</span>
          {wrong > 0 && <span class="chip is-bad">faulty</span>}
        </button>
      </li>
    );
  };
  return (
    <>
      {lines.length + zones.length === 0 ? (
        <p class="note">
          Nothing is drawn yet. A line counts what crosses it, by direction; a zone says how many are in it, how long
          they stay and how fast they go.
        </p>
      ) : (
        <ul class="shape-list">
          {lines.map(({ id }, i) => row('line', i, id, 'line', undefined))}
          {zones.map(({ id, kind }, i) => row('zone', i, id, kind ?? 'other', ZONE_COLOURS[kind ?? 'other']))}
        </ul>
      )}
      {selected !== undefined && (
        <ShapeForm
          key={`${selected.kind} ${selected.index}`}
          draft={draft}
          selected={selected}
          faults={faults}
          edit={edit}
          select={select}
          drawHeading={drawHeading}
        />
      )}
    </>
  );
}

function ShapeForm({ draft, selected, faults, edit, select, drawHeading }: Props & { readonly selected: ShapeRef }) {
  const { kind, index } = selected;
  const line = kind === 'line' ? draft.lines?.[index] : undefined;
  const zone = kind === 'zone' ? draft.zones?.[index] : undefined;
  const shape = line ?? zone;
  if (shape === undefined) return null;
  const path = `${kind === 'line' ? 'lines' : 'zones'}[${index}]`;
  const own = faults.filter((f) => f.path === path || f.path.startsWith(`${path}.`));
  const faultAt = (key: string) => own.filter((f) => f.path === `${path}.${key}`).map(faultText)[0];
  const users = (draft.rules ?? []).filter((rule) => speaksOf(rule, shape.id)).map(({ id }) => id);
  return (
    <fieldset class="shape-form">
      <legend class="visually-hidden">
        {kind === 'line' ? 'Line' : 'Zone'} {shape.id}
      </legend>
      {own
        .filter(({ path: at }) => !FIELDS.has(at.slice(path.length + 1)))
        .map((fault) => (
          <p key={fault.message} class="note is-bad" role="alert">
            {faultText(fault)}
          </p>
        ))}
      <Field
        label="Name"
        fault={faultAt('id')}
        hint={users.length === 0 ? undefined : `Rules ${users.join(', ')} speak of it and follow.`}
      >
        {(control) => (
          <input
            class="field"
            {...control}
            name="shape-id"
            maxLength={64}
            value={shape.id}
            onInput={(event) => {
              const id = event.currentTarget.value;
              edit((d) => renameShape(d, selected, id), `name ${path}`);
            }}
          />
        )}
      </Field>
      {line !== undefined && <LineFields line={line} index={index} faultAt={faultAt} edit={edit} />}
      {zone !== undefined && (
        <ZoneFields zone={zone} index={index} faultAt={faultAt} edit={edit} drawHeading={drawHeading} />
      )}
      <WordsField
        label={kind === 'line' ? 'Classes counted' : 'Classes looked at'}
        value={shape.labels}
        placeholder="all that are followed"
        hint="Names of the model, with commas: car, truck, bus"
        fault={own.find((f) => f.path.startsWith(`${path}.labels`))?.message}
        onValue={(labels) => edit((d) => change(d, selected, { labels }), `labels ${path}`)}
      />
      <Coordinates draft={draft} selected={selected} edit={edit} />
      <div class="buttons">
        <button
          type="button"
          class="button is-small"
          onClick={() => {
            edit((d) => withoutShape(d, selected));
            select(undefined);
          }}
        >
          Remove {kind === 'line' ? 'line' : 'zone'}
        </button>
      </div>
    </fieldset>
  );
}

/** Faults of these stand at their field. */
const FIELDS = new Set([
  'id',
  'names.forward',
  'names.backward',
  'hysteresis',
  'lengthM',
  'freeSpeedKmh',
  'kind',
  'labels',
]);

function change(draft: Draft, { kind, index }: ShapeRef, to: Partial<DraftLine> & Partial<DraftZone>): Draft {
  const next = kind === 'line' ? withLine(draft, index, to) : withZone(draft, index, to);
  return tidy(next);
}

function speaksOf(rule: NonNullable<Draft['rules']>[number], id: string): boolean {
  if (rule.kind === 'threshold' || rule.kind === 'absence') return (rule.subject ?? '').split('>').includes(id);
  return rule.kind === 'incident' && (rule.zones ?? []).includes(id);
}

interface FieldsProps {
  readonly index: number;
  readonly faultAt: (key: string) => string | undefined;
  readonly edit: Edit;
}

function LineFields({ line, index, faultAt, edit }: FieldsProps & { readonly line: DraftLine }) {
  const nameField = (way: 'forward' | 'backward', label: string) => (
    <Field label={label} fault={faultAt(`names.${way}`)}>
      {(control) => (
        <input
          {...control}
          class="field"
          name={`name-${way}`}
          maxLength={64}
          placeholder={way}
          value={line.names?.[way] ?? ''}
          onInput={(event) => {
            const value = event.currentTarget.value;
            edit(
              (d) => tidy(withLine(d, index, { names: { ...line.names, [way]: value === '' ? undefined : value } })),
              `way ${way} ${index}`,
            );
          }}
        />
      )}
    </Field>
  );
  return (
    <>
      <div class="pair">
        {nameField('forward', 'Forward (along the arrow)')}
        {nameField('backward', 'Backward')}
      </div>
      <button type="button" class="button is-small" onClick={() => edit((d) => flipLine(d, index))}>
        Flip the arrow
      </button>
      <NumberField
        label="Hysteresis"
        unit="share of the height"
        value={line.hysteresis}
        placeholder="0.008"
        hint="An object has crossed once it is this far beyond: jitter on the line does not count."
        fault={faultAt('hysteresis')}
        onValue={(hysteresis) => edit((d) => tidy(withLine(d, index, { hysteresis })), `hysteresis ${index}`)}
      />
    </>
  );
}

const KINDS: readonly (readonly [ZoneKind, string])[] = [
  ['road', 'road – incidents are looked for'],
  ['lane', 'lane – of one direction; incidents are looked for'],
  ['pavement', 'pavement'],
  ['crossing', 'crossing – people may be here'],
  ['parking', 'parking – standing is no incident'],
  ['belt', 'belt – waste that passes'],
  ['table', 'table – waste that lies there'],
  ['other', 'other'],
];

interface ZoneFieldsProps extends FieldsProps {
  readonly zone: DraftZone;
  readonly drawHeading: () => void;
}

function ZoneFields({ zone, index, faultAt, edit, drawHeading }: ZoneFieldsProps) {
  return (
    <>
      <Field label="Kind" fault={faultAt('kind')}>
        {(control) => (
          <select
            {...control}
            class="field"
            name="zone-kind"
            value={zone.kind ?? 'other'}
            onChange={(event) => {
              const kind = event.currentTarget.value as ZoneKind;
              edit((d) => withZone(d, index, { kind }));
            }}
          >
            {KINDS.map(([kind, text]) => (
              <option key={kind} value={kind}>
                {text}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div class="setting">
        <span class="setting-name">Heading</span>
        <div class="buttons">
          <button type="button" class="button is-small" onClick={drawHeading}>
            {zone.heading ? 'Draw it anew' : 'Draw it'}
          </button>
          {zone.heading && (
            <>
              <button
                type="button"
                class="button is-small"
                onClick={() =>
                  edit((d) => {
                    const heading = d.zones?.[index]?.heading;
                    return heading ? withZone(d, index, { heading: { from: heading.to, to: heading.from } }) : d;
                  })
                }
              >
                Turn it round
              </button>
              <button type="button" class="button is-small" onClick={() => edit((d) => withHeading(d, index, null))}>
                None
              </button>
            </>
          )}
        </div>
        <span class="setting-hint">Where traffic goes; against it is wrong way.</span>
      </div>
      <div class="pair">
        <NumberField
          label="Length"
          unit="m"
          value={zone.lengthM}
          placeholder="from the ground"
          hint="Along the road, for density."
          fault={faultAt('lengthM')}
          onValue={(lengthM) => edit((d) => tidy(withZone(d, index, { lengthM })), `length ${index}`)}
        />
        <NumberField
          label="Free speed"
          unit="km/h"
          value={zone.freeSpeedKmh}
          placeholder="50"
          hint="Congestion is measured against it."
          fault={faultAt('freeSpeedKmh')}
          onValue={(freeSpeedKmh) => edit((d) => tidy(withZone(d, index, { freeSpeedKmh })), `free speed ${index}`)}
        />
      </div>
    </>
  );
}

/** Every point in the document's own units, to be typed. */
function Coordinates({
  draft,
  selected,
  edit,
}: {
  readonly draft: Draft;
  readonly selected: ShapeRef;
  readonly edit: Edit;
}) {
  const { width, height } = unitsOf(draft);
  const unit = width === 1 && height === 1 ? 'shares of the picture' : `pixels of ${width} × ${height}`;
  const { kind, index } = selected;
  const line = draft.lines?.[index];
  const list =
    kind === 'line' ? (line === undefined ? [] : [line.from, line.to]) : (draft.zones?.[index]?.polygon ?? []);
  const set = (point: number, axis: 0 | 1, value: number | undefined): void => {
    if (value === undefined) return;
    edit((d) => {
      const next = list.map((p, i): [number, number] => (i !== point ? p : axis === 0 ? [value, p[1]] : [p[0], value]));
      const [from, to] = next;
      if (kind === 'zone') return withZone(d, index, { polygon: next });
      return from === undefined || to === undefined ? d : withLine(d, index, { from, to });
    }, `type ${kind} ${index} ${point} ${axis}`);
  };
  return (
    <details class="coordinates">
      <summary>Points, {unit}</summary>
      <ol>
        {pointsOf(draft, selected).map((ref, i) => {
          const [x, y] = list[i] ?? [0, 0];
          const name = kind === 'line' ? (i === 0 ? 'From' : 'To') : `${i + 1}`;
          return (
            <li key={i}>
              <span>{name}</span>
              <NumberInput value={x} ariaLabel={`${name}, x`} onValue={(v) => set(i, 0, v)} />
              <NumberInput value={y} ariaLabel={`${name}, y`} onValue={(v) => set(i, 1, v)} />
              {kind === 'zone' && list.length > 3 && (
                <button
                  type="button"
                  class="icon-button"
                  aria-label={`Remove corner ${i + 1}`}
                  onClick={() => edit((d) => withoutPoint(d, ref) ?? d)}
                >
                  ×
                </button>
              )}
            </li>
          );
        })}
      </ol>
    </details>
  );
}
