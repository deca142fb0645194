import { stringify } from 'yaml';
import { getJson } from '../../client/node-api.ts';
import type { AuditVerdict } from '../../settings/audit-log.ts';
import { EXIT } from '../exit.ts';
import { nodeAddress } from '../options.ts';
import { lineDiff } from './line-diff.ts';
import type { AuditOptions } from './settings.ts';
import { cameraArgument } from './settings-file.ts';

interface AuditRow {
  /** In a cluster: whose log it is in. */
  readonly node?: string;
  readonly seq: number;
  readonly atMs: number;
  readonly who: string;
  readonly via: string;
  readonly action: string;
  readonly subject: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Runs `camshard cameras audit`. @returns 1 where `--verify` finds the log changed */
export async function printAudit(id: string | undefined, options: AuditOptions): Promise<number> {
  const node = nodeAddress(options, process.env);
  if (options.verify === true) {
    const verdict = (await getJson(node, '/v1/audit/verify')) as AuditVerdict;
    console.log(options.json === true ? JSON.stringify(verdict) : verdictText(verdict));
    return verdict.kind === 'intact' ? EXIT.ok : EXIT.fault;
  }
  const query = new URLSearchParams({ limit: String(options.limit) });
  if (id !== undefined) query.set('camera', cameraArgument(id));
  if (options.of !== undefined) query.set('node', options.of);
  if (options.after !== undefined) query.set('after', String(options.after));
  const answer = (await getJson(node, `/v1/audit?${query}`)) as {
    readonly entries: readonly AuditRow[];
    readonly next: number | null;
    readonly missing?: readonly { readonly node: string; readonly code: string }[];
  };
  if (options.json === true) console.log(JSON.stringify(answer, null, 2));
  else {
    for (const entry of answer.entries) console.log(auditText(entry));
    for (const { node, code } of answer.missing ?? [])
      console.error(`${node} did not answer (${code}): its part is not here`);
    if (answer.next !== null) console.log(`more: --after ${answer.next}`);
  }
  return EXIT.ok;
}

function verdictText(verdict: AuditVerdict): string {
  if (verdict.kind === 'intact')
    return `${verdict.records} entries, as they were written; the last one is ${verdict.hash}`;
  return `changed by somebody else: ${verdict.file}:${verdict.line}: ${verdict.why}`;
}

/** One entry with what it changed. */
export function auditText({ node, seq, atMs, who, via, action, subject, before, after }: AuditRow): string {
  const text = (value: unknown) => (value === null ? '' : stringify(value));
  const diff = lineDiff(text(before), text(after)).map((line) => `    ${line}`);
  const place = node === undefined ? `${seq}` : `${node}:${seq}`;
  return [`${place}  ${new Date(atMs).toISOString()}  ${subject}  ${action} by ${who} (${via})`, ...diff].join('\n');
}
