import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Point } from '../../../config/camera-settings/schema.ts';
import type { CameraSettings as SettingsAnswer } from '../api/answers.gen.ts';
import type { WatchedFrame } from '../api/live-messages.ts';
import { formatTime } from '../format/numbers.ts';
import { useLive } from '../live/live.ts';
import { isSame } from '../settings/changes.ts';
import { FaultList } from '../settings/fault-list.tsx';
import { SaveDialog } from '../settings/save-dialog.tsx';
import type { Stored } from '../settings/settings-source.ts';
import { VersionsList } from '../settings/versions-list.tsx';
import { useQuery } from '../state/router.ts';
import { useResource } from '../state/use-resource.ts';
import { checkDraft, faultText, shapeOfPath } from './check-draft.ts';
import {
  type Draft,
  LINES_MAX,
  moveShape,
  type PointRef,
  pointAt,
  type ShapeRef,
  tidy,
  viewOf,
  withCorner,
  withGround,
  withHeading,
  withNewLine,
  withNewZone,
  withoutPoint,
  withoutShape,
  withPoint,
  ZONES_MAX,
} from './draft.ts';
import { type GroundView, viewGround } from './ground.ts';
import { GroundPanel } from './ground-panel.tsx';
import { keepDraft, keptDraft } from './kept-drafts.ts';
import { PreviewTable } from './preview-table.tsx';
import { ShapePanel } from './shape-panel.tsx';
import { Stage, type StageActions, type Tool } from './stage.tsx';
import { TopView } from './top-view.tsx';
import { begin, did, redone, type Undo, undone } from './undo.ts';
import { usePreview } from './use-preview.ts';

interface Props {
  readonly camera: string;
  readonly stored: Stored;
}

/** Asks this often whether somebody else has saved. */
const NEWER_MS = 5_000;
/** A second click nearer than this is of the same place, shares. */
const SAME_PLACE = 0.004;
/** Where the first four points of a ground lie until somebody says it. */
const FIRST_METRES: readonly Point[] = [
  [0, 0],
  [3.5, 0],
  [3.5, 20],
  [0, 20],
];

interface Saved {
  readonly version: number;
  readonly atMs: number;
  /** The first picture that was looked at under it. */
  readonly since: { readonly seq: number; readonly atMs: number } | undefined;
}

/** The editor: the picture with its shapes on the left, what they say on the right, what they count below. */
export function LinesEditor({ camera, stored }: Props) {
  const { api } = useLive();
  const kept = useRef(keptDraft(camera));
  const [base, setBase] = useState<Stored>(kept.current?.base ?? stored);
  const [undo, setUndo] = useState<Undo<Draft>>(() => begin(kept.current?.draft ?? (stored.document as Draft)));
  const [tool, setTool] = useState<Tool>('select');
  const [pending, setPending] = useState<readonly Point[]>([]);
  const [selected, setSelected] = useState<ShapeRef>();
  const [measure, setMeasure] = useState<readonly Point[]>([]);
  const [frozen, setFrozen] = useState(false);
  const [boxes, setBoxes] = useState(true);
  const [saving, setSaving] = useState(false);
  const [said, setSaid] = useState('');
  const [saved, setSaved] = useState<Saved>();
  const [query, setQuery] = useQuery();
  const mode = query.get('mode') === 'ground' ? 'ground' : 'shapes';

  const draft = undo.present;
  const view = useMemo(() => viewOf(draft), [draft]);
  const checked = useMemo(() => checkDraft(draft), [draft]);
  const inForce = useMemo(() => viewOf(base.document as Draft).lines, [base]);
  const { news, node, observe, reset } = usePreview(checked.playable, inForce);
  const isChanged = useMemo(() => !isSame(tidy(draft), base.document), [draft, base]);
  const measured = useMemo(() => (view.ground === null ? undefined : viewGround(view.ground)), [view.ground]);
  const ground: GroundView | undefined = measured !== undefined && !('fault' in measured) ? measured : undefined;
  const groundFault = measured !== undefined && 'fault' in measured ? measured.fault : undefined;
  const faults = useMemo(() => {
    const map = new Map<string, string[]>();
    for (const fault of checked.faults) {
      const shape = shapeOfPath(fault.path);
      if (shape === undefined) continue;
      const key = `${shape.kind}:${shape.index}`;
      map.set(key, [...(map.get(key) ?? []), faultText(fault)]);
    }
    return map;
  }, [checked]);

  const newest = useResource(
    `newest ${camera}`,
    (signal) => api.get<SettingsAnswer>(`v1/cameras/${camera}/settings`, {}, signal),
    { everyMs: NEWER_MS },
  );
  const newer = newest.value !== undefined && newest.value.version > base.version ? newest.value : undefined;

  useEffect(() => keepDraft(camera, isChanged ? { base, draft } : undefined), [camera, base, draft, isChanged]);
  useEffect(() => {
    if (!isChanged) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isChanged]);
  // Nothing unsaved: what somebody else saved is simply there.
  useEffect(() => {
    if (stored.version > base.version && !isChanged) {
      setBase(stored);
      setUndo(begin(stored.document as Draft));
    }
  }, [stored]);

  const edit = useCallback((change: (draft: Draft) => Draft, tag?: string): void => {
    setSaid('');
    setUndo((old) => did(old, change(old.present), tag));
  }, []);
  const choose = useCallback((next: Tool): void => {
    setTool(next);
    setPending([]);
    setSaid('');
  }, []);

  const state = useRef({ draft, tool, pending, selected, ground });
  state.current = { draft, tool, pending, selected, ground };

  const actions = useMemo((): StageActions => {
    const finish = (): void => {
      const polygon = state.current.pending.filter(
        (p, i, all) => i === 0 || Math.hypot(p[0] - (all[i - 1]?.[0] ?? 9), p[1] - (all[i - 1]?.[1] ?? 9)) > SAME_PLACE,
      );
      if (polygon.length < 3) return;
      const index = state.current.draft.zones?.length ?? 0;
      edit((d) => withNewZone(d, polygon, d.pipeline === 'waste' ? 'belt' : 'other'));
      choose('select');
      setSelected({ kind: 'zone', index });
      setSaid('The zone is drawn. Say what lies there.');
    };
    const place = (at: Point): void => {
      const { tool: now, pending: before, draft: d, selected: chosen, ground: plane } = state.current;
      const last = before.at(-1);
      if (last !== undefined && Math.hypot(last[0] - at[0], last[1] - at[1]) < SAME_PLACE) return;
      const points = [...before, at];
      const [a, b] = points;
      if (now === 'ground') {
        const known = plane?.plane.at(at[0], at[1]);
        const { image = [], metres = [] } = viewOf(d).ground ?? {};
        const metre: Point =
          known === undefined
            ? (FIRST_METRES[image.length] ?? [0, 0])
            : [Math.round(known.x * 10) / 10, Math.round(known.y * 10) / 10];
        edit((old) => withGround(old, [...image, at], [...metres, metre]));
        if (image.length >= 3) choose('select');
        return;
      }
      // Of two placed at once (a line that was dragged) the first is not rendered yet.
      state.current = { ...state.current, pending: points };
      setPending(points);
      if (a === undefined || b === undefined) return;
      if (now === 'line') {
        const index = d.lines?.length ?? 0;
        edit((old) => withNewLine(old, a, b));
        choose('select');
        setSelected({ kind: 'line', index });
        setSaid('The line is drawn, and counts. Give it a name.');
      }
      if (now === 'heading' && chosen?.kind === 'zone') {
        edit((old) => withHeading(old, chosen.index, { from: a, to: b }));
        choose('select');
      }
      if (now === 'measure') {
        setMeasure([a, b]);
        choose('select');
      }
    };
    const removeShape = (ref: ShapeRef): void => {
      edit((d) => withoutShape(d, ref));
      setSelected(undefined);
      setSaid(`The ${ref.kind} is removed; undo brings it back.`);
    };
    return {
      movePoint: (ref: PointRef, to, tag) => edit((d) => withPoint(d, ref, to), tag),
      nudgePoint: (ref, dx, dy, tag) =>
        edit((d) => {
          const [x, y] = pointAt(d, ref) ?? [0, 0];
          return withPoint(d, ref, [x + dx, y + dy]);
        }, tag),
      moveShape: (ref, dx, dy, tag) => edit((d) => moveShape(d, ref, dx, dy), tag),
      removePoint: (ref) => {
        if (ref.kind === 'line') {
          removeShape({ kind: 'line', index: ref.index });
          return;
        }
        const next = withoutPoint(state.current.draft, ref);
        if (next === undefined) setSaid('A zone needs three corners. Delete on the zone itself removes it.');
        else edit(() => next);
      },
      removeShape,
      insertCorner: (zone, behind, at) => edit((d) => withCorner(d, zone, behind, at)),
      select: setSelected,
      place,
      finish,
      cancel: () => {
        if (state.current.tool === 'select') setSelected(undefined);
        choose('select');
      },
      moveMeasure: (point, to) => setMeasure((old) => old.map((p, i) => (i === point ? to : p))),
      undo: () => setUndo(undone),
      redo: () => setUndo(redone),
    };
  }, [edit, choose]);

  const savedNow = useRef(saved);
  savedNow.current = saved;
  const onFrame = useCallback(
    ({ head }: WatchedFrame): void => {
      observe(head);
      const of = savedNow.current;
      if (of !== undefined && of.since === undefined && head.receivedAt >= of.atMs) {
        savedNow.current = { ...of, since: { seq: head.seq, atMs: head.receivedAt } };
        setSaved(savedNow.current);
      }
    },
    [observe],
  );

  const showFault = (path: string): void => {
    const shape = shapeOfPath(path);
    if (shape === undefined) return;
    setQuery({ mode: undefined });
    setSelected(shape);
  };
  const elsewhere = checked.faults.filter(
    ({ path }) => shapeOfPath(path) === undefined && !(mode === 'ground' && path.startsWith('ground')),
  );
  const lines = draft.lines?.length ?? 0;
  const zones = draft.zones?.length ?? 0;
  const toolButton = (name: Tool, text: string, full: boolean, hint: string) => (
    <button
      type="button"
      class={tool === name ? 'button is-small is-on' : 'button is-small'}
      aria-pressed={tool === name}
      disabled={full}
      title={full ? 'As many as a camera can have' : hint}
      onClick={() => {
        choose(tool === name ? 'select' : name);
        setSelected(undefined);
        if (tool !== name) document.querySelector<SVGSVGElement>('.stage-svg')?.focus({ preventScroll: true });
      }}
    >
      {text}
    </button>
  );

  return (
    <section class="lines-page" aria-label={`Lines and zones of ${camera}`}>
      <div class="lines-bar">
        <fieldset class="segments" aria-label="What is edited">
          {(
            [
              ['shapes', 'Lines and zones'],
              ['ground', 'Ground, for speeds'],
            ] as const
          ).map(([name, text]) => (
            <label key={name} class={mode === name ? 'segment is-chosen' : 'segment'}>
              <input
                type="radio"
                name="lines-mode"
                checked={mode === name}
                onChange={() => {
                  choose('select');
                  setQuery({ mode: name === 'ground' ? 'ground' : undefined });
                }}
              />
              {text}
            </label>
          ))}
        </fieldset>
        {mode === 'shapes' && (
          <fieldset class="buttons" aria-label="Draw">
            {toolButton('line', '+ Line', lines >= LINES_MAX, 'Draw a counting line')}
            {toolButton('zone', '+ Zone', zones >= ZONES_MAX, 'Draw an area')}
          </fieldset>
        )}
        <fieldset class="buttons" aria-label="Steps">
          <button
            type="button"
            class="button is-small"
            disabled={undo.past.length === 0}
            title="Ctrl Z"
            onClick={() => setUndo(undone)}
          >
            Undo
          </button>
          <button
            type="button"
            class="button is-small"
            disabled={undo.future.length === 0}
            title="Ctrl Shift Z"
            onClick={() => setUndo(redone)}
          >
            Redo
          </button>
        </fieldset>
        <fieldset class="buttons" aria-label="Picture">
          <button
            type="button"
            class={frozen ? 'button is-small is-on' : 'button is-small'}
            aria-pressed={frozen}
            onClick={() => setFrozen(!frozen)}
          >
            Freeze
          </button>
          <button
            type="button"
            class={boxes ? 'button is-small is-on' : 'button is-small'}
            aria-pressed={boxes}
            onClick={() => setBoxes(!boxes)}
          >
            Boxes
          </button>
        </fieldset>
        <div class="lines-save">
          <span class="quiet" data-draft-state>
            {isChanged ? 'Not saved' : base.version === 0 ? 'No settings yet' : `Version ${base.version}`}
          </span>
          {isChanged && (
            <button
              type="button"
              class="button is-small"
              onClick={() => {
                edit(() => base.document as Draft);
                setSelected(undefined);
                setSaid('Your changes are dropped; undo brings them back.');
              }}
            >
              Drop changes
            </button>
          )}
          <button
            type="button"
            class="button is-primary is-small"
            disabled={!isChanged || checked.faults.length > 0}
            title={checked.faults.length > 0 ? 'Something is faulty' : undefined}
            onClick={() => setSaving(true)}
          >
            Save …
          </button>
        </div>
      </div>

      {newer !== undefined && isChanged && (
        <p class="banner is-warn" role="status">
          <b>{newer.updatedBy}</b> saved version {newer.version} at {formatTime(newer.updatedAt)} while you were
          drawing. When you save you see what they changed, and choose.
        </p>
      )}
      {newer !== undefined && !isChanged && (
        <p class="banner" role="status">
          <span>
            <b>{newer.updatedBy}</b> saved version {newer.version} at {formatTime(newer.updatedAt)}.
          </span>
          <button
            type="button"
            class="button is-small"
            onClick={() => {
              const { document, version, updatedAt, updatedBy } = newer;
              void api
                .text('GET', `v1/cameras/${camera}/settings`, {
                  query: { version: String(version) },
                  accept: 'application/yaml',
                })
                .then((text) => {
                  if (text.kind !== 'ok') return;
                  setBase({ version, document, text: text.value, updatedAt, updatedBy });
                  setUndo(begin(document as Draft));
                });
            }}
          >
            Show it
          </button>
        </p>
      )}
      {saved !== undefined && (
        <p class="banner is-good" role="status" data-in-force={saved.since === undefined ? 'no' : 'yes'}>
          Version {saved.version} is saved.{' '}
          {saved.since === undefined
            ? 'It is in force with the next picture …'
            : `In force since picture ${saved.since.seq} at ${formatTime(saved.since.atMs)}: the node counts by it.`}
        </p>
      )}
      <FaultList faults={elsewhere} onShow={undefined} />
      <FaultList
        faults={checked.faults.filter((f) => !elsewhere.includes(f) && !f.path.startsWith('ground'))}
        onShow={showFault}
      />
      <p class="visually-hidden" role="status" data-said>
        {said}
      </p>

      <div class="lines-columns">
        <div class="lines-main">
          <Stage
            camera={camera}
            draft={draft}
            tool={tool}
            pending={pending}
            selected={selected}
            faults={faults}
            news={news}
            mode={mode}
            ground={ground}
            measure={measure}
            frozen={frozen}
            boxes={boxes}
            actions={actions}
            onFrame={onFrame}
            onSize={NOBODY}
          />
          {view.lines.length + view.zones.length > 0 && (
            <PreviewTable shapes={view} news={news} node={node} onReset={reset} />
          )}
        </div>
        <aside class="lines-side">
          {mode === 'shapes' ? (
            <section class="card" aria-label="Lines and zones">
              <h3>Lines and zones</h3>
              <ShapePanel
                draft={draft}
                selected={selected}
                faults={checked.faults}
                edit={edit}
                select={setSelected}
                drawHeading={() => choose('heading')}
              />
            </section>
          ) : (
            <>
              <section class="card" aria-label="Ground">
                <h3>Ground</h3>
                <GroundPanel
                  draft={draft}
                  ground={ground}
                  fault={groundFault}
                  measure={measure}
                  tool={tool}
                  setTool={choose}
                  edit={edit}
                />
              </section>
              {ground !== undefined && view.ground !== null && (
                <section class="card" aria-label="From above">
                  <h3>From above</h3>
                  <TopView metres={view.ground.metres} news={news} />
                </section>
              )}
            </>
          )}
          <section class="card" aria-label="Versions">
            <h3>Versions</h3>
            <VersionsList
              asked={base.version > 0}
              camera={camera}
              version={newest.value?.version ?? base.version}
              onRestore={(document, _, version) => {
                edit(() => document as Draft);
                setSelected(undefined);
                setSaid(`Version ${version} is drawn. It is in force once it is saved.`);
              }}
            />
          </section>
        </aside>
      </div>
      {saving && (
        <SaveDialog
          camera={camera}
          base={base}
          document={tidy(draft)}
          onClose={() => setSaving(false)}
          onSaved={(now) => {
            setSaving(false);
            setBase(now);
            setSaved({ version: now.version, atMs: now.updatedAt ?? 0, since: undefined });
          }}
          onRebase={(now, document) => {
            setSaving(false);
            setBase(now);
            edit(() => document as Draft);
            setSelected(undefined);
            setSaid(`This is on top of version ${now.version} now. Look it over, and save.`);
          }}
        />
      )}
    </section>
  );
}

const NOBODY = (): void => {};
