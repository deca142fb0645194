import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { type HistoryOptions, openHistory } from '../../src/history/open-history.ts';
import type { History } from '../../src/history/port.ts';
import { crossing } from '../support/history-records.ts';
import { PostgresProcess } from '../support/postgres-server.ts';
import { until } from '../support/until.ts';

/** A primary and a streaming replica of it, both real. */
const silent = { info: () => {}, warn: () => {}, error: () => {} } as unknown as HistoryOptions['log'];

let primary: PostgresProcess;
let replica: PostgresProcess;
let dataDir: string;
let history: History;

beforeAll(async () => {
  primary = await PostgresProcess.start();
  replica = await primary.replica();
});
afterAll(async () => {
  await replica?.remove();
  await primary?.remove();
});
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'camshard-history-'));
  const { history: defaults } = resolveConfig({}).config;
  const config = { ...defaults, url: primary.url, replicas: [replica.url], replicaLagMsMax: 1_500, batchDelayMsMax: 5 };
  history = await openHistory({ config, dataDir, log: silent });
  await until('the history to be open', () => history.status().state === 'ready');
});
afterEach(async () => {
  await history.close();
  await rm(dataDir, { recursive: true });
});

const portAsked = async (options = {}): Promise<number> =>
  await history.reads.run(async (db) => {
    const { rows } = await sql<{ port: string }>`select current_setting('port') as port`.execute(db);
    return Number(rows[0]?.port);
  }, options);
/** Who answers now; nobody while the database is being opened. */
const answers = (port: number): Promise<boolean> =>
  portAsked().then(
    (asked) => asked === port,
    () => false,
  );
const pauseReplay = () => replica.query('select pg_wal_replay_pause()');
const resumeReplay = () => replica.query('select pg_wal_replay_resume()');
const replicaStatus = () => history.status().servers.find(({ name }) => name === 'replica-1');

describe('reads with a replica', () => {
  it('go to the replica, and to the primary where they must', async () => {
    await until('the replica to answer', () => answers(replica.port));
    expect(await portAsked({ primary: true })).toBe(primary.port);
  });

  it('see what the caller has seen written, on the replica or else on the primary', async () => {
    await until('the replica to answer', () => answers(replica.port));
    history.writer.write(crossing(Date.now(), 1));
    await history.flush(10_000);
    const afterLsn = history.reads.lsn();
    expect(afterLsn).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    const count = (options = {}) =>
      history.reads.run(async (db) => (await db.selectFrom('events').select('track').execute()).length, options);
    expect(await count({ afterLsn })).toBe(1);
    await pauseReplay();
    try {
      history.writer.write(crossing(Date.now(), 2));
      await history.flush(10_000);
      expect(await count({ afterLsn: history.reads.lsn() })).toBe(2);
    } finally {
      await resumeReplay();
    }
  });

  it('leave out a replica that is too far behind, and take it again when it has caught up', async () => {
    await until('the replica to answer', () => answers(replica.port));
    await pauseReplay();
    try {
      history.writer.write(crossing(Date.now(), 3));
      await history.flush(10_000);
      await until('the lag to be noticed', () => answers(primary.port));
      expect(replicaStatus()?.lagMs).toBeGreaterThan(1_500);
    } finally {
      await resumeReplay();
    }
    await until('the replica to be back', () => answers(replica.port));
  });

  it('do without a replica that died, and take it again when it is back', async () => {
    await until('the replica to answer', () => answers(replica.port));
    await replica.kill();
    expect(await portAsked()).toBe(primary.port);
    expect(replicaStatus()?.up).toBe(false);
    await replica.restart();
    await until('the replica to be back', () => answers(replica.port));
  });

  it('go on at the replica while the primary is gone', async () => {
    await until('the replica to answer', () => answers(replica.port));
    await primary.kill();
    expect(await portAsked()).toBe(replica.port);
    await expect(portAsked({ primary: true })).rejects.toMatchObject({ code: 'history_unavailable' });
    await primary.restart();
  });
});
