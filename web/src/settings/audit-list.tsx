import { useState } from 'preact/hooks';
import type { AuditPage } from '../api/answers.gen.ts';
import { Loadable } from '../layout/loadable.tsx';
import { useLive } from '../live/live.ts';
import { useResource } from '../state/use-resource.ts';
import { ChangeList } from './change-list.tsx';
import { changesBetween } from './changes.ts';

interface Props {
  readonly camera: string;
  /** The version in force; asks anew when it changes. */
  readonly version: number;
}

const ROWS = '50';

/** Who changed what, from where, when: the node's hash-chained log. */
export function AuditList({ camera, version }: Props) {
  const { api } = useLive();
  const page = useResource(`audit ${camera} ${version}`, (signal) =>
    api.get<AuditPage>('v1/audit', { camera, limit: ROWS }, signal),
  );
  const [open, setOpen] = useState<string>();
  return (
    <section class="card" aria-label="Audit log">
      <h3>Audit log</h3>
      <p class="note">
        Each line carries the hash of itself and of the line before; <code>camshard cameras audit --verify</code> checks
        them all. Who is what the caller says.
      </p>
      <Loadable resource={page} what="the audit log">
        {({ entries, missing }) => (
          <>
            {(missing ?? []).map(({ node, code }) => (
              <p key={node} class="note is-bad">
                {node} did not answer ({code}): what it audited is not in here.
              </p>
            ))}
            {entries.length === 0 ? (
              <p class="note">Nothing was changed yet.</p>
            ) : (
              <ol class="versions">
                {[...entries]
                  .sort((a, b) => b.atMs - a.atMs)
                  .map((entry) => {
                    const changes = changesBetween(entry.before ?? {}, entry.after ?? {});
                    return (
                      <li key={entry.hash}>
                        <div class="version-head">
                          <b>{entry.who}</b>
                          <span>
                            {entry.action.replaceAll(/[_.]/g, ' ')} · {entry.via}
                            {entry.node === undefined ? '' : ` · ${entry.node}`} · no. {entry.seq} ·{' '}
                            <time>{new Date(entry.atMs).toLocaleString('en-GB')}</time>
                          </span>
                          <code title={entry.hash}>{entry.hash.slice(0, 12)}</code>
                          <span class="version-tools">
                            <button
                              type="button"
                              class="button is-small"
                              aria-expanded={open === entry.hash}
                              onClick={() => setOpen(open === entry.hash ? undefined : entry.hash)}
                            >
                              {changes.length} {changes.length === 1 ? 'change' : 'changes'}
                            </button>
                          </span>
                        </div>
                        {open === entry.hash && <ChangeList changes={changes} none="Nothing but the text." />}
                      </li>
                    );
                  })}
              </ol>
            )}
          </>
        )}
      </Loadable>
    </section>
  );
}
