import { PAGE_ROWS_MAX } from '../../../config/limits.ts';
import { SEVERITIES } from '../../../core/alert.ts';
import type { Operation } from './operations.ts';

export const ALERT_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/alerts',
    id: 'listAlerts',
    tag: 'alerts',
    summary: 'Alerts, those that changed last first',
    description: 'The open ones and the last 1,000 closed; `/v1/history/alerts` has the years before.',
    query: [
      { name: 'state', description: '`opened` or `closed`.' },
      { name: 'severity', description: `One of ${SEVERITIES.join(', ')}.` },
      { name: 'camera', description: 'Of one camera.' },
      { name: 'limit', description: `Alerts, 1 to ${PAGE_ROWS_MAX}; 100 where absent.` },
      { name: 'before', description: 'Those that changed before this position.' },
      { name: 'after', description: 'Those that changed after this position, the oldest first: to catch up.' },
    ],
    ok: { status: 200, description: 'One page.', content: { json: ['AlertPage'] } },
    problems: { 400: ['bad_query'] },
  },
  {
    method: 'get',
    path: '/v1/alerts/delivery',
    id: 'getAlertDelivery',
    tag: 'alerts',
    summary: 'Where alerts go, and what waits for whom',
    ok: { status: 200, description: 'Outbox and sinks.', content: { json: ['AlertDelivery'] } },
    problems: {},
  },
  {
    method: 'get',
    path: '/v1/alerts/{id}',
    id: 'getAlert',
    tag: 'alerts',
    summary: 'One alert',
    ok: { status: 200, description: 'The alert.', content: { json: ['Alert'] } },
    problems: { 404: ['unknown_alert'] },
  },
  {
    method: 'post',
    path: '/v1/alerts/{id}/acknowledge',
    id: 'acknowledgeAlert',
    tag: 'alerts',
    summary: 'Say that somebody has seen it',
    description: 'Who is taken from the header `X-Camshard-Who`; it goes to the audit log.',
    ok: { status: 200, description: 'The alert, acknowledged.', content: { json: ['Alert'] } },
    problems: { 404: ['unknown_alert'], 413: ['frame_too_large'], 503: ['body_limit'] },
  },
];
