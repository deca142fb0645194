import { useEffect, useMemo, useState } from 'preact/hooks';
import { type Refusal, refusalText } from '../api/answer.ts';
import { Dialog } from '../layout/dialog.tsx';
import { useLive } from '../live/live.ts';
import { ChangeList } from './change-list.tsx';
import { changesBetween, clashesOf, pathText, withChanges } from './changes.ts';
import { FaultList } from './fault-list.tsx';
import {
  faultsOf,
  isConflict,
  keepWho,
  keptWho,
  readStored,
  type Stored,
  validate,
  writeText,
} from './settings-source.ts';
import { textWithChanges } from './yaml-text.ts';

interface Props {
  readonly camera: string;
  /** What the draft was made from. */
  readonly base: Stored;
  readonly document: unknown;
  /** The text to save; written from the base's where absent, so that comments stay. */
  readonly text?: string;
  readonly onSaved: (stored: Stored) => void;
  /** Somebody else saved: the draft goes on from theirs. */
  readonly onRebase: (base: Stored, document: unknown) => void;
  readonly onClose: () => void;
}

type State =
  | { readonly kind: 'checking' | 'ready' | 'saving' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'conflict'; readonly theirs: Stored };

/** Old and new side by side, the node's own check, and then the saving; also what to do where somebody was faster. */
export function SaveDialog({ camera, base, document, text, onSaved, onRebase, onClose }: Props) {
  const { api } = useLive();
  const [state, setState] = useState<State>({ kind: 'checking' });
  const [who, setWho] = useState(keptWho);
  const changes = useMemo(() => changesBetween(base.document, document), [base, document]);
  const wanted = useMemo(() => text ?? textWithChanges(base.text, changes, document), [text, base, changes, document]);

  useEffect(() => {
    let left = false;
    setState({ kind: 'checking' });
    void validate(api, wanted).then((answer) => {
      if (!left) setState(answer.kind === 'ok' ? { kind: 'ready' } : { kind: 'refused', refusal: answer });
    });
    return () => {
      left = true;
    };
  }, [api, wanted]);

  const save = async (): Promise<void> => {
    setState({ kind: 'saving' });
    keepWho(who.trim());
    const answer = await writeText(api, camera, wanted, base.version, who.trim());
    const now = answer.kind === 'ok' || isConflict(answer) ? await readStored(api, camera) : answer;
    if (now.kind !== 'ok') setState({ kind: 'refused', refusal: now });
    else if (answer.kind === 'ok') onSaved(now.value);
    else setState({ kind: 'conflict', theirs: now.value });
  };

  if (state.kind === 'conflict') {
    return (
      <Conflict
        base={base}
        theirs={state.theirs}
        document={document}
        onTheirs={() => onRebase(state.theirs, state.theirs.document)}
        onMine={(next) => onRebase(state.theirs, next)}
        onClose={onClose}
      />
    );
  }
  const faults = state.kind === 'refused' ? faultsOf(state.refusal) : [];
  return (
    <Dialog title={base.version === 0 ? `First settings of ${camera}` : `Save settings of ${camera}`} onClose={onClose}>
      <ChangeList
        changes={changes}
        none={
          text === undefined || text === base.text ? 'Nothing changes.' : 'Only the text changes, such as comments.'
        }
      />
      {state.kind === 'refused' && faults.length === 0 && <p class="note is-bad">{refusalText(state.refusal)}</p>}
      <FaultList faults={faults} />
      <p class="note" role="status">
        {STATUS[state.kind]}
      </p>
      <label class="labelled">
        Your name, for the audit log
        <input
          class="field"
          name="who"
          maxLength={64}
          autocomplete="name"
          value={who}
          onInput={(event) => setWho(event.currentTarget.value)}
        />
      </label>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Go on editing
        </button>
        <button type="button" class="button is-primary" disabled={state.kind !== 'ready'} onClick={() => void save()}>
          Save as version {base.version + 1}
        </button>
      </div>
    </Dialog>
  );
}

const STATUS: Readonly<Record<'checking' | 'ready' | 'saving' | 'refused', string>> = {
  checking: 'The node checks it …',
  ready: 'The node has checked it. It is in force with the next picture; nothing is restarted and counters go on.',
  saving: 'Saving …',
  refused: 'Nothing was saved.',
};

interface ConflictProps {
  readonly base: Stored;
  readonly theirs: Stored;
  readonly document: unknown;
  readonly onTheirs: () => void;
  readonly onMine: (document: unknown) => void;
  readonly onClose: () => void;
}

function Conflict({ base, theirs, document, onTheirs, onMine, onClose }: ConflictProps) {
  const mine = changesBetween(base.document, document);
  const others = changesBetween(base.document, theirs.document);
  const clashes = clashesOf(mine, others);
  return (
    <Dialog title="Somebody else has saved" onClose={onClose}>
      <p>
        {theirs.version === 0 ? (
          <>Since version {base.version}, which you began with, the settings were taken away. </>
        ) : (
          <>
            <b>{theirs.updatedBy}</b> saved version {theirs.version} after version {base.version}, which you began with.{' '}
          </>
        )}
        Nothing of yours was saved.
      </p>
      <h3>What they changed</h3>
      <ChangeList changes={others} none="Nothing but the text." />
      <h3>What you changed</h3>
      <ChangeList changes={mine} none="Nothing." />
      {clashes.length > 0 && (
        <p class="note is-bad">
          Both of you changed {clashes.map(({ path }) => pathText(path)).join('; ')}: yours stays there if you keep it.
        </p>
      )}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onTheirs}>
          Take theirs, drop mine
        </button>
        <button type="button" class="button is-primary" onClick={() => onMine(withChanges(theirs.document, mine))}>
          Keep mine on top of theirs
        </button>
      </div>
    </Dialog>
  );
}
