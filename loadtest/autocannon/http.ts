import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { ledgerImbalance } from '../../core/ledger.ts';
import { framesFolder, readFrames } from '../frames.ts';
import { readLedger } from '../swarm/ledger-client.ts';

/**
 * Load on `POST /v1/cameras/{id}/frames`: each connection is a camera that sends its next picture when the last is
 * answered. A fixed number of requests, so that each one is answered and the ledger can be held against all of them.
 *
 *     node dist/loadtest/autocannon/http.js --url http://127.0.0.1:8080 [--connections 8] [--amount 2000] [--frames DIR]
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8080' },
    connections: { type: 'string', default: '8' },
    amount: { type: 'string', default: '2000' },
    frames: { type: 'string', default: '60k' },
    token: { type: 'string' },
    /** All requests of a connection to one camera, or all to the same camera, where frames supersede each other. */
    'one-camera': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const dir = await framesFolder(values.frames);
  const pictures = await readFrames(dir, 64);
  const before = await readLedger(values.url, values.token);
  const statuses = new Map<number, number>();
  let connection = 0;
  const result = await autocannon({
    url: values.url,
    connections: Number(values.connections),
    amount: Number(values.amount),
    timeout: 10,
    setupClient(client) {
      const camera = values['one-camera'] ? 'http-0' : `http-${connection++}`;
      client.setRequests(
        pictures.map((body) => ({
          method: 'POST' as const,
          path: `/v1/cameras/${camera}/frames`,
          headers: {
            'content-type': 'image/jpeg',
            ...(values.token === undefined ? {} : { authorization: `Bearer ${values.token}` }),
          },
          body,
        })),
      );
      client.on('response', (status) => statuses.set(status, (statuses.get(status) ?? 0) + 1));
    },
  });
  const after = await readLedger(values.url, values.token);
  const answered = [...statuses.values()].reduce((sum, n) => sum + n, 0);
  const received = after.total.received - before.total.received;
  const inferred = after.total.inferred - before.total.inferred;
  const problems: string[] = [];
  if (ledgerImbalance(after.total) !== 0) problems.push(`the ledger does not close by ${ledgerImbalance(after.total)}`);
  if (result.errors > 0) problems.push(`${result.errors} requests without an answer`);
  if (received !== answered) problems.push(`received ${received}, answered were ${answered}`);
  if (inferred !== (statuses.get(200) ?? 0)) problems.push(`inferred ${inferred}, 200s were ${statuses.get(200) ?? 0}`);
  const summary = {
    statuses: Object.fromEntries(statuses),
    requestsPerS: result.requests.average,
    latencyMs: { p50: result.latency.p50, p99: result.latency.p99, max: result.latency.max },
    received,
    inferred,
    problems,
  };
  if (values.json) console.log(JSON.stringify(summary));
  else {
    console.log(`answers   ${[...statuses].map(([s, n]) => `${s}: ${n}`).join(', ')}`);
    console.log(`rate      ${summary.requestsPerS}/s, p50 ${result.latency.p50} p99 ${result.latency.p99} ms`);
    console.log(`ledger    ${problems.length === 0 ? `closed: received ${received}` : problems.join('; ')}`);
  }
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
