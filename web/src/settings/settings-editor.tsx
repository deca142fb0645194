import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { checkDraft, faultText } from '../lines/check-draft.ts';
import { type Draft, tidy } from '../lines/draft.ts';
import { keepDraft, keptDraft } from '../lines/kept-drafts.ts';
import { begin, did, redone, type Undo, undone } from '../lines/undo.ts';
import { useQuery } from '../state/router.ts';
import { AuditList } from './audit-list.tsx';
import { changesBetween, isSame } from './changes.ts';
import { FaultList } from './fault-list.tsx';
import { RulesEditor } from './rules-editor.tsx';
import { SaveDialog } from './save-dialog.tsx';
import { SettingsForm } from './settings-form.tsx';
import type { Stored } from './settings-source.ts';
import { TextEditor } from './text-editor.tsx';
import { VersionsList } from './versions-list.tsx';
import { textWithChanges } from './yaml-text.ts';

interface Props {
  readonly camera: string;
  readonly stored: Stored;
}

const PARTS = [
  ['form', 'Form'],
  ['rules', 'Rules'],
  ['text', 'Text'],
  ['versions', 'Versions'],
  ['audit', 'Audit log'],
] as const;

interface Saving {
  readonly document: unknown;
  readonly text?: string;
}

/** The whole document of a camera: as forms, as text, as it was, and who changed it. */
export function SettingsEditor({ camera, stored }: Props) {
  const kept = useRef(keptDraft(camera));
  const [base, setBase] = useState<Stored>(kept.current?.base ?? stored);
  const [undo, setUndo] = useState<Undo<Draft>>(() => begin(kept.current?.draft ?? (stored.document as Draft)));
  /** What was typed; undefined while the text is what the forms make. */
  const [typed, setTyped] = useState<string>();
  const [saving, setSaving] = useState<Saving>();
  const [saved, setSaved] = useState<number>();
  const [query, setQuery] = useQuery();
  const part = PARTS.find(([name]) => name === query.get('part'))?.[0] ?? 'form';
  const draft = undo.present;
  const checked = useMemo(() => checkDraft(draft), [draft]);
  const isChanged = useMemo(() => !isSame(tidy(draft), base.document), [draft, base]);
  const made = useMemo(
    () => (isChanged ? textWithChanges(base.text, changesBetween(base.document, tidy(draft)), tidy(draft)) : base.text),
    [base, draft, isChanged],
  );
  const text = typed ?? made;

  useEffect(() => keepDraft(camera, isChanged ? { base, draft } : undefined), [camera, base, draft, isChanged]);
  useEffect(() => {
    if (!isChanged && typed === undefined) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isChanged, typed]);

  const edit = useCallback((change: (draft: Draft) => Draft, tag?: string): void => {
    setTyped(undefined);
    setUndo((old) => did(old, change(old.present), tag));
  }, []);
  const faultAt = (path: string): string | undefined => {
    const fault = checked.faults.find((f) => f.path === path || f.path.startsWith(`${path}[`));
    return fault === undefined ? undefined : faultText(fault);
  };
  const faultsUnder = (path: string): number =>
    checked.faults.filter((f) => f.path === path || f.path.startsWith(`${path}.`)).length;
  const inText = part === 'text';
  return (
    <section class="settings-page" aria-label={`Settings of ${camera}`}>
      <div class="lines-bar">
        <fieldset class="segments" aria-label="Part">
          {PARTS.map(([name, title]) => (
            <label key={name} class={part === name ? 'segment is-chosen' : 'segment'}>
              <input
                type="radio"
                name="settings-part"
                checked={part === name}
                onChange={() => setQuery({ part: name === 'form' ? undefined : name })}
              />
              {title}
              {name === 'rules' && <span class="segment-count"> {draft.rules?.length ?? 0}</span>}
            </label>
          ))}
        </fieldset>
        {(part === 'form' || part === 'rules') && (
          <fieldset class="buttons" aria-label="Steps">
            <button
              type="button"
              class="button is-small"
              disabled={undo.past.length === 0}
              onClick={() => setUndo(undone)}
            >
              Undo
            </button>
            <button
              type="button"
              class="button is-small"
              disabled={undo.future.length === 0}
              onClick={() => setUndo(redone)}
            >
              Redo
            </button>
          </fieldset>
        )}
        <div class="lines-save">
          <span class="quiet" data-draft-state>
            {isChanged || typed !== undefined
              ? 'Not saved'
              : base.version === 0
                ? 'No settings yet'
                : `Version ${base.version}`}
          </span>
          {(isChanged || typed !== undefined) && (
            <button
              type="button"
              class="button is-small"
              onClick={() => {
                setTyped(undefined);
                setUndo((old) => did(old, base.document as Draft));
              }}
            >
              Drop changes
            </button>
          )}
          {!inText && (
            <button
              type="button"
              class="button is-primary is-small"
              disabled={!isChanged || checked.faults.length > 0}
              onClick={() => setSaving({ document: tidy(draft) })}
            >
              Save …
            </button>
          )}
        </div>
      </div>
      {saved !== undefined && (
        <p class="banner is-good" role="status">
          Version {saved} is saved and in force with the next picture.
        </p>
      )}
      {!inText && part !== 'audit' && <FaultList faults={checked.faults} />}
      {part === 'form' && <SettingsForm camera={camera} draft={draft} edit={edit} faultAt={faultAt} />}
      {part === 'rules' && <RulesEditor draft={draft} edit={edit} faultAt={faultAt} faultsUnder={faultsUnder} />}
      {part === 'text' && (
        <TextEditor
          text={text}
          onText={setTyped}
          isChanged={text !== base.text}
          onSave={(written, document) => setSaving({ document, text: written })}
        />
      )}
      {part === 'versions' && (
        <section class="card" aria-label="Versions">
          <h3>Versions</h3>
          <VersionsList
            camera={camera}
            version={base.version}
            onRestore={(document, written) => {
              edit(() => document as Draft);
              setSaving({ document, text: written });
            }}
          />
        </section>
      )}
      {part === 'audit' && <AuditList camera={camera} version={base.version} />}
      {saving !== undefined && (
        <SaveDialog
          camera={camera}
          base={base}
          {...saving}
          onClose={() => setSaving(undefined)}
          onSaved={(now) => {
            setSaving(undefined);
            setTyped(undefined);
            setBase(now);
            setUndo((old) => did(old, now.document as Draft));
            setSaved(now.version);
          }}
          onRebase={(now, document) => {
            setSaving(undefined);
            setBase(now);
            edit(() => document as Draft);
          }}
        />
      )}
    </section>
  );
}
