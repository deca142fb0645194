import { settingsSchemaRoot } from '../../../config/camera-settings/explain.ts';
import type { Draft } from '../lines/draft.ts';
import { tidy } from '../lines/draft.ts';
import type { Edit } from '../lines/shape-panel.tsx';
import { cameraHref } from '../state/route.ts';
import { withChanges } from './changes.ts';
import { SchemaField } from './schema-field.tsx';

interface Props {
  readonly camera: string;
  readonly draft: Draft;
  readonly edit: Edit;
  readonly faultAt: (path: string) => string | undefined;
}

/** Parts of the document by what they are for. Lines, zones, ground and rules have editors of their own. */
const PARTS: readonly (readonly [title: string, keys: readonly string[], only?: 'traffic' | 'waste'])[] = [
  ['What it is for', ['pipeline', 'intervalS', 'priority', 'fps']],
  ['What is followed', ['detector', 'tracker']],
  ['When figures count', ['coverage']],
  ['How long it is kept', ['retention']],
  ['Health of the camera', ['health']],
  ['Traffic', ['traffic'], 'traffic'],
  ['Waste', ['waste'], 'waste'],
];

/** So many of them stand in the left column. */
const LEFT = 4;

/** Everything of the settings that is neither drawn nor a rule. */
export function SettingsForm({ camera, draft, edit, faultAt }: Props) {
  const properties = settingsSchemaRoot().properties ?? {};
  const values = draft as unknown as Readonly<Record<string, unknown>>;
  const lines = draft.lines ?? [];
  const zones = draft.zones ?? [];
  const parts = PARTS.filter(([, , only]) => only === undefined || only === (draft.pipeline ?? 'traffic'));
  const part = (title: string, keys: readonly string[]) => (
    <section key={title} class="card" aria-label={title}>
      <h3>{title}</h3>
      <div class={keys.length === 1 ? 'setting-whole' : 'setting-grid'}>
        {keys.map((key) => {
          const node = properties[key];
          return node === undefined ? null : (
            <SchemaField
              key={key}
              name={key}
              path={key}
              node={node}
              value={values[key]}
              faultAt={faultAt}
              onValue={(value) =>
                edit(
                  (d) => tidy(withChanges(d, [{ path: [key], before: undefined, after: value }]) as Draft),
                  `key ${key}`,
                )
              }
            />
          );
        })}
      </div>
    </section>
  );
  return (
    <div class="settings-parts">
      <div class="settings-column">
        <section class="card" aria-label="Lines and zones">
          <h3>Lines and zones</h3>
          {lines.length + zones.length === 0 ? (
            <p class="note">None is drawn yet.</p>
          ) : (
            <ul class="chips">
              {lines.map(({ id }) => (
                <li key={id} class="chip">
                  line {id}
                </li>
              ))}
              {zones.map(({ id, kind }) => (
                <li key={id} class="chip">
                  {kind ?? 'zone'} {id}
                </li>
              ))}
            </ul>
          )}
          <p class="note">
            Ground:{' '}
            {draft.ground ? `${draft.ground.image.length} points; speeds are measured` : 'not measured; no speeds'}.
          </p>
          <div class="buttons">
            <a class="button is-small" href={cameraHref(camera, 'lines')}>
              Draw them
            </a>
            <a class="button is-small" href={cameraHref(camera, 'lines', { mode: 'ground' })}>
              Measure the ground
            </a>
          </div>
        </section>
        {parts.slice(0, LEFT).map(([title, keys]) => part(title, keys))}
      </div>
      <div class="settings-column">{parts.slice(LEFT).map(([title, keys]) => part(title, keys))}</div>
    </div>
  );
}
