import type { Operation } from './operations.ts';

/** Pictures of alerts. */
export const ALERT_SNAPSHOT_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/alerts/{id}/snapshot',
    id: 'getAlertSnapshot',
    tag: 'alerts',
    summary: 'The annotated picture of an alert',
    description:
      'Drawn when it opened: objects, lines and zones, and a caption. The newest are kept within ' +
      '`alerts.snapshotBytesMax`, on the node that raised the alert, which is asked for it. One that could not be drawn ' +
      'is as the camera sent it.',
    query: [{ name: 'node', description: 'Look at one node only; `self` is the one that is asked.' }],
    ok: {
      status: 200,
      description: 'The picture.',
      content: { media: ['image/jpeg', 'image/png', 'image/webp'] },
    },
    problems: { 400: ['bad_alert_id'], 404: ['no_snapshot'], 503: ['snapshot_pending', 'node_away'] },
  },
];
