import { useState } from 'preact/hooks';
import { type Refusal, refusalText } from '../api/answer.ts';
import type { SettingsVersions } from '../api/answers.gen.ts';
import { Loadable } from '../layout/loadable.tsx';
import { useLive } from '../live/live.ts';
import { useResource } from '../state/use-resource.ts';
import { ChangeList } from './change-list.tsx';
import { changesBetween } from './changes.ts';
import { readText, readVersions } from './settings-source.ts';

interface Props {
  readonly camera: string;
  /** The version in force; the list is read anew when it changes. */
  readonly version: number;
  /** False: where there are no settings nobody asks whether there were any. */
  readonly asked?: boolean;
  /** Takes an older document up as a draft: it is shown and saved like any other. */
  readonly onRestore: (document: Readonly<Record<string, unknown>>, text: string, version: number) => void;
}

type Version = SettingsVersions['versions'][number];

/** Who set what when, newest first; each against the one before. */
export function VersionsList({ asked = true, ...props }: Props) {
  return asked ? <Versions {...props} /> : <p class="note">There is no version yet.</p>;
}

function Versions({ camera, version, onRestore }: Omit<Props, 'asked'>) {
  const { api } = useLive();
  const versions = useResource(`versions ${camera} ${version}`, (signal) => readVersions(api, camera, signal));
  const [open, setOpen] = useState<number>();
  const [refused, setRefused] = useState<Refusal>();
  if (version === 0 && versions.refusal?.kind === 'refused' && versions.refusal.status === 404) {
    return <p class="note">There is no version yet: the camera goes by the defaults.</p>;
  }
  const restore = async ({ version: number, document }: Version): Promise<void> => {
    if (document === null) return;
    const text = await readText(api, camera, number);
    setRefused(text.kind === 'ok' ? undefined : text);
    if (text.kind === 'ok') onRestore(document, text.value, number);
  };
  return (
    <Loadable resource={versions} what="the versions">
      {({ versions: rows }) => {
        const sorted = [...rows].sort((a, b) => b.version - a.version);
        return (
          <>
            {refused !== undefined && (
              <p class="note is-bad" role="alert">
                The version could not be read: {refusalText(refused)}
              </p>
            )}
            <ol class="versions">
              {sorted.map((row, i) => {
                const before = sorted[i + 1];
                const changes = changesBetween(before?.document ?? {}, row.document ?? {});
                return (
                  <li key={row.version} data-version={row.version}>
                    <div class="version-head">
                      <b>Version {row.version}</b>
                      <span>
                        {row.updatedBy} · {row.via} · <time>{new Date(row.updatedAt).toLocaleString('en-GB')}</time>
                      </span>
                      {row.version === version && <span class="chip is-good">in force</span>}
                      {row.document === null && <span class="chip is-warn">taken away</span>}
                      <span class="version-tools">
                        <button
                          type="button"
                          class="button is-small"
                          aria-expanded={open === row.version}
                          onClick={() => setOpen(open === row.version ? undefined : row.version)}
                        >
                          {changes.length === 0
                            ? 'Text only'
                            : `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`}
                        </button>
                        {row.version !== version && row.document !== null && (
                          <button type="button" class="button is-small" onClick={() => void restore(row)}>
                            Go back to it
                          </button>
                        )}
                      </span>
                    </div>
                    {open === row.version && <ChangeList changes={changes} none="Nothing but the text." />}
                  </li>
                );
              })}
            </ol>
          </>
        );
      }}
    </Loadable>
  );
}
