import { useState } from 'preact/hooks';
import type { SettingsFault } from '../../../config/camera-settings/fault.ts';
import { refusalText } from '../api/answer.ts';
import { useLive } from '../live/live.ts';
import { FaultList } from './fault-list.tsx';
import { faultsOf, validate } from './settings-source.ts';
import { readText, textOf } from './yaml-text.ts';

interface Props {
  readonly text: string;
  readonly onText: (text: string) => void;
  /** The text says something that can be a document: the forms go on from it. */
  readonly onSave: (text: string, document: unknown) => void;
  readonly isChanged: boolean;
}

type Checked =
  | { readonly kind: 'good' }
  | { readonly kind: 'faulty'; readonly faults: readonly SettingsFault[] }
  | { readonly kind: 'refused'; readonly why: string };

/** The document as text, YAML or JSON, checked by the node. */
export function TextEditor({ text, onText, onSave, isChanged }: Props) {
  const { api } = useLive();
  const [checked, setChecked] = useState<Checked>();
  const [asJson, setAsJson] = useState(false);
  const read = readText(text);
  const check = async (): Promise<boolean> => {
    const answer = await validate(api, text);
    if (answer.kind === 'ok') {
      setChecked({ kind: 'good' });
      return true;
    }
    const faults = faultsOf(answer);
    setChecked(faults.length > 0 ? { kind: 'faulty', faults } : { kind: 'refused', why: refusalText(answer) });
    return false;
  };
  const toLine = (line: number): void => {
    const area = document.querySelector<HTMLTextAreaElement>('.settings-text');
    if (area === null) return;
    const lines = text.split('\n');
    const start = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    area.scrollTop = Math.max(0, (line - 4) * 19);
  };
  return (
    <section class="card settings-text-card" aria-label="Text">
      <div class="card-head">
        <h3>The document as text</h3>
        <div class="buttons">
          <button
            type="button"
            class="button is-small"
            disabled={'fault' in read}
            title={asJson ? 'Comments do not come back' : 'JSON has no comments'}
            onClick={() => {
              if ('fault' in read) return;
              onText(asJson ? textOf(read.document) : `${JSON.stringify(read.document, null, 2)}\n`);
              setAsJson(!asJson);
              setChecked(undefined);
            }}
          >
            {asJson ? 'As YAML' : 'As JSON'}
          </button>
          <button type="button" class="button is-small" onClick={() => void check()}>
            Check
          </button>
          <button
            type="button"
            class="button is-small is-primary"
            disabled={!isChanged || 'fault' in read}
            onClick={() => void check().then((good) => good && !('fault' in read) && onSave(text, read.document))}
          >
            Save …
          </button>
        </div>
      </div>
      <p class="note">YAML or JSON. Comments are kept; forms and drawings write into this text.</p>
      <textarea
        class="field settings-text"
        aria-label="The document as YAML or JSON"
        spellcheck={false}
        autocomplete="off"
        wrap="off"
        value={text}
        onInput={(event) => {
          onText(event.currentTarget.value);
          setChecked(undefined);
        }}
      />
      {'fault' in read && <pre class="note is-bad">{read.fault}</pre>}
      {checked?.kind === 'good' && (
        <p class="note" role="status" data-text-good>
          The node finds nothing wrong.
        </p>
      )}
      {checked?.kind === 'refused' && (
        <p class="note is-bad" role="alert">
          {checked.why}
        </p>
      )}
      {checked?.kind === 'faulty' && (
        <>
          <FaultList faults={checked.faults} />
          <div class="buttons">
            {[...new Set(checked.faults.flatMap(({ line }) => (line === undefined ? [] : [line])))]
              .slice(0, 8)
              .map((line) => (
                <button key={line} type="button" class="button is-small" onClick={() => toLine(line)}>
                  To line {line}
                </button>
              ))}
          </div>
        </>
      )}
    </section>
  );
}
