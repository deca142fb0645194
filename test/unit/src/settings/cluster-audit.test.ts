import { describe, expect, it } from 'vitest';
import type { ClusterService, Gathered } from '../../../../src/cluster/port.ts';
import type { AuditLog, AuditPage, AuditQuery } from '../../../../src/settings/audit-log.ts';
import { answerAudit, auditAcross, auditReader } from '../../../../src/settings/cluster-audit.ts';

/** A log with an entry at each of these times. */
function logOf(...atMs: readonly number[]): AuditLog {
  const all = atMs.map((at, i) => ({
    seq: i + 1,
    hash: `${at}`,
    entry: { id: `${at}`, atMs: at, who: 'ann', via: 'test', action: 'set', subject: 'camera:a', before: 1, after: 2 },
  }));
  return {
    append: () => Promise.reject(new Error('not asked')),
    lastAtMs: 0,
    read: async ({ after, limit }: AuditQuery): Promise<AuditPage> => ({
      records: after === undefined ? all.slice(-limit) : all.slice(after, after + limit),
      next: after !== undefined && after + limit < all.length ? after + limit : null,
      last: all.length,
    }),
    verify: () => Promise.reject(new Error('not asked')),
    close: async () => {},
  };
}

function gatherFrom(logs: Readonly<Record<string, AuditLog>>, missing: Gathered<never>['missing'] = []) {
  const gather = async (_question: string, body: unknown) => ({
    answers: await Promise.all(
      Object.entries(logs).map(async ([node, log]) => ({ node, answer: await answerAudit(log, node)(body) })),
    ),
    missing,
  });
  return gather as ClusterService['gather'];
}

describe('the audit log over all nodes', () => {
  const gather = gatherFrom({ a: logOf(1, 4, 6), b: logOf(2, 3, 5) }, [{ node: 'c', code: 'peer_away' }]);

  it('is the newest entries of all, oldest first, with the node that has them, and names who did not answer', async () => {
    const page = await auditAcross(gather, { limit: 4 });
    expect(page.records.map(({ node, seq, entry }) => [node, seq, entry.atMs])).toEqual([
      ['b', 2, 3],
      ['a', 2, 4],
      ['b', 3, 5],
      ['a', 3, 6],
    ]);
    expect(page).toMatchObject({ next: null, last: null, missing: [{ node: 'c', code: 'peer_away' }] });
  });

  it('is read page by page of one node', async () => {
    const page = await auditAcross(gather, { node: 'b', after: 0, limit: 2 });
    expect(page).toMatchObject({ next: 2, last: 3, missing: [], records: [{ node: 'b', seq: 1 }, { seq: 2 }] });
    await expect(auditAcross(gather, { after: 0, limit: 2 })).rejects.toMatchObject({ code: 'bad_query' });
  });

  it('is read for two at a time', async () => {
    const read = auditReader(logOf(1));
    const reads = [read({ limit: 1 }), read({ limit: 1 })];
    await expect(read({ limit: 1 })).rejects.toMatchObject({ code: 'busy' });
    await Promise.all(reads);
    expect((await read({ limit: 1 })).records).toHaveLength(1);
  });
});
