import { PAGE_ROWS_MAX } from '../../config/limits.ts';
import { CamshardError } from '../../core/errors.ts';
import type { ClusterService, Gathered } from '../cluster/port.ts';
import type { AuditLog, AuditPage, AuditQuery, AuditRecord } from './audit-log.ts';

/**
 * Who changed what, over all nodes. Each audits what came in at it, in a chain of its own; whoever is asked asks all of
 * them, so that nothing is kept twice. A node that is away is named: its part is in its own files, and in the history.
 */

/** What nodes ask each other, through `ClusterService.gather`. */
export const AUDIT_QUESTION = 'settings.audit';

export interface AuditQuestion extends AuditQuery {
  /** Only this node looks. */
  readonly node?: string;
}

/** Pages read at once: each may look through many megabytes. */
const READS_MAX = 2;

/** Reads an audit log for few at a time. @throws CamshardError `busy` */
export function auditReader(audit: AuditLog): (query: AuditQuery) => Promise<AuditPage> {
  let reading = 0;
  return async (query) => {
    if (reading >= READS_MAX) throw new CamshardError('busy', 'others read the audit log');
    reading++;
    try {
      return await audit.read(query);
    } finally {
      reading--;
    }
  };
}

const NOTHING: AuditPage = { records: [], next: null, last: 0 };

/** What `node` answers to {@link AUDIT_QUESTION}. */
export function answerAudit(audit: AuditLog, node: string): (body: unknown) => Promise<AuditPage> {
  const read = auditReader(audit);
  return async (body) => {
    const { node: asked, limit, after, subject } = body as AuditQuestion;
    if (asked !== undefined && asked !== node) return NOTHING;
    return read({
      limit: Math.min(limit, PAGE_ROWS_MAX),
      ...(after === undefined ? {} : { after }),
      ...(subject === undefined ? {} : { subject }),
    });
  };
}

export interface ClusterAuditPage {
  /** Oldest first by the clocks of the nodes; `seq` and `hash` are of that node's chain. */
  readonly records: readonly (AuditRecord & { readonly node: string })[];
  /** Of the one node that was asked for; null over all. */
  readonly next: number | null;
  readonly last: number | null;
  readonly missing: Gathered<never>['missing'];
}

/**
 * The newest entries over all nodes, or a page of one node's.
 * @throws CamshardError `bad_query` for `after` without `node`: it counts in one node's chain
 */
export async function auditAcross(
  gather: ClusterService['gather'],
  question: AuditQuestion,
): Promise<ClusterAuditPage> {
  if (question.after !== undefined && question.node === undefined) {
    throw new CamshardError('bad_query', 'after: counts in the log of one node, name it with node');
  }
  const { answers, missing } = await gather<AuditPage>(AUDIT_QUESTION, question);
  const records = answers.flatMap(({ node, answer }) => answer.records.map((record) => ({ ...record, node })));
  if (question.node !== undefined) {
    const page = answers.find(({ node }) => node === question.node)?.answer ?? NOTHING;
    const away = missing.filter(({ node }) => node === question.node);
    return { records, next: page.next, last: page.last, missing: away };
  }
  records.sort((a, b) => a.entry.atMs - b.entry.atMs || a.seq - b.seq);
  return { records: records.slice(-question.limit), next: null, last: null, missing };
}
