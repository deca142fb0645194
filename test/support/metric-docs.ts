import type { MetricDescription } from '../../src/telemetry/metrics.ts';

/** What docs/metrics.md is made of; the first that matches has the metric. */
const SECTIONS: readonly (readonly [title: string, names: RegExp, more?: string])[] = [
  [
    'The node',
    /^camshard_(build_info|node_|latency_objective|tls_|events_total|actors|mailbox_|dead_letters|quarantine_)/,
  ],
  [
    'Frames',
    /^camshard_(frame_latency|frames_|ledger_imbalance)/,
    `\`received\` = the sum of all outcomes + what is in flight, always; \`camshard_ledger_imbalance_frames\` is checked at
each scrape and must be 0. A node counts what came in at its own sockets; what it takes over of a dead node is left out
here (it would show as a burst) and is in \`/v1/ledger\`. Reasons are those of [protocol.md](protocol.md) and
[core/outcome.ts](../core/outcome.ts).`,
  ],
  [
    'Cameras and watchers',
    /^camshard_(cameras|camera_connections|camera_faults|camera_states|bad_text|answers_dropped|watche)/,
  ],
  ['Devices and batches', /^camshard_(device_|batch_)/],
  [
    'What models find',
    /^camshard_(inferred_frames|detections_)/,
    'How the shares of `camshard_detections_by_score_total` move against the week before is how drift is measured:\n[runbooks/CamshardModelDrift.md](runbooks/CamshardModelDrift.md).',
  ],
  ['Overload', /^camshard_(overload_|queue_late)/],
  ['Alerts of cameras', /^camshard_(alert_|alerts_|outbox_|snapshots_)/],
  ['Scaling', /^camshard_autoscale_/, 'As `GET /v1/autoscale`: [cluster.md](cluster.md#scaling-signal).'],
  ['Traces', /^camshard_trace/, 'There only with `telemetry.traces.enabled`: [traces.md](traces.md).'],
  ['History', /^camshard_history_/],
  [
    'Cluster',
    /^camshard_(cluster_|checkpoint|ledger|unknown_gaps|held_|jobs_|job_)/,
    'Only of a node that is one of several (`cluster.adapter: redis`), but for `camshard_checkpoint_failures_total`.',
  ],
  [
    'Links between nodes',
    /^camshard_(link_|relay|live_link_)/,
    'Only of a node that is one of several. `peer` is the id of the other node: 64 at most.',
  ],
  [
    'Redis',
    /^camshard_redis_/,
    '`camshard_redis_client_*` only in a cluster, for each client the node has; the others where alerts go to Redis.',
  ],
];

/** docs/metrics.md, from the metrics of a node that has everything. @throws Error naming one that has no section */
export function renderMetricsDocs(metrics: readonly MetricDescription[]): string {
  const own = metrics.filter(({ name }) => name.startsWith('camshard_'));
  const placed = new Map<string, MetricDescription[]>(SECTIONS.map(([title]) => [title, []]));
  for (const metric of own) {
    const section = SECTIONS.find(([, names]) => names.test(metric.name));
    if (section === undefined) throw new Error(`${metric.name} has no section in docs/metrics.md`);
    placed.get(section[0])?.push(metric);
  }
  const parts = SECTIONS.map(([title, , more]) => {
    const rows = (placed.get(title) ?? [])
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, type, labelNames, help }) => {
        const labels = labelNames.map((label) => `\`${label}\``).join(', ');
        return `| \`${name}\` | ${type} | ${labels} | ${help} |`;
      });
    const table = ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
    return [`## ${title}`, ...(more === undefined ? [] : [more]), table].join('\n\n');
  });
  const defaults = metrics.filter(({ name }) => !name.startsWith('camshard_')).map(({ name }) => `\`${name}\``);
  return `${[INTRODUCTION, ...parts, `${PROCESS}\n\n${defaults.join(', ')}.`].join('\n\n')}\n`;
}

const INTRODUCTION = `# Metrics

Every metric of \`GET /metrics\`, rendered from the program by \`test/unit/src/telemetry/metric-docs.test.ts\` (\`npx vitest
run --project unit -u\` with that file renews this one). [monitoring.md](monitoring.md) sets up Prometheus, Alertmanager
and Grafana with the rules and dashboards in [deploy/](../deploy).

- Base units throughout: seconds, bytes, shares from 0 to 1; the unit is in the name. \`_total\` marks counters, which begin
  at 0 when the process starts.
- No metric is labelled by camera: ten thousand of them would be ten thousand series each. Per-camera figures come from
  \`/v1/cameras\` and \`/v1/ledger\`, and from the [history](history-queries.md).
- Values are read when Prometheus asks; a frame pays for its latency's bucket and a count for each object found.
- Which node it is comes from Prometheus (\`instance\`); \`camshard_node_info\` ties that to the node's id.
- Where a token is configured \`/metrics\` wants it, as \`Authorization: Bearer\`.`;

const PROCESS = `## The process

By prom-client, as for any Node.js program; \`process_start_time_seconds\` tells restarts,
\`nodejs_eventloop_lag_p99_seconds\` how long the main thread kept others waiting since the last scrape.`;
