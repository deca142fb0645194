import { PAGE_ROWS_MAX } from '../../../config/limits.ts';
import { SEVERITIES } from '../../../core/alert.ts';
import { MOMENT_ALLOWED } from '../../history/queries/moment.ts';
import { NODE_PROBLEMS, OF_ONE_NODE, ONE_NODE } from './one-node.ts';
import type { Operation } from './operations.ts';

export const ALERT_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/alerts',
    id: 'listAlerts',
    tag: 'alerts',
    summary: 'Alerts, those that changed last first',
    description:
      'The open ones and the last 1,000 closed of each node; `/v1/history/alerts` has the years before. Of all nodes, ' +
      'merged by when they changed; each node’s own are in the order they changed there.',
    query: [
      { name: 'state', description: '`opened` or `closed`.' },
      { name: 'severity', description: `One of ${SEVERITIES.join(', ')}.` },
      { name: 'camera', description: 'Of one camera.' },
      { name: 'rule', description: 'Of one rule.' },
      { name: 'acknowledged', description: '`yes`: those that somebody has acknowledged, `no`: the others.' },
      { name: 'from', description: `Those that opened at this moment or later: ${MOMENT_ALLOWED}.` },
      { name: 'to', description: 'Those that opened before this moment; written like `from`.' },
      { name: 'text', description: 'With this text in their id, title or message, whatever the case.' },
      { name: 'limit', description: `Alerts, 1 to ${PAGE_ROWS_MAX}; 100 where absent.` },
      { name: 'before', description: 'Those that changed before this place: `next` of the page before.' },
      {
        name: 'after',
        description:
          'Those that changed after this place, the oldest first, to catch up: `last` or `next` of an earlier answer, or 0.',
      },
      {
        ...ONE_NODE,
        description: 'Of one node, whose places are positions, numbers; `self` is the one that is asked.',
      },
    ],
    ok: { status: 200, description: 'One page.', content: { json: ['AlertPage'] } },
    problems: { 400: ['bad_query'], 404: ['no_such_node'], 503: ['node_away'] },
  },
  {
    method: 'get',
    path: '/v1/alerts/delivery',
    id: 'getAlertDelivery',
    tag: 'alerts',
    summary: 'Where alerts go, and what waits for whom',
    description: OF_ONE_NODE,
    query: [ONE_NODE],
    ok: { status: 200, description: 'Outbox and sinks.', content: { json: ['AlertDelivery'] } },
    problems: NODE_PROBLEMS,
  },
  {
    method: 'get',
    path: '/v1/alerts/{id}',
    id: 'getAlert',
    tag: 'alerts',
    summary: 'One alert',
    query: [{ ...ONE_NODE, description: 'Look at one node only; `self` is the one that is asked.' }],
    ok: { status: 200, description: 'The alert.', content: { json: ['Alert'] } },
    problems: { 404: ['unknown_alert'], 503: ['node_away'] },
  },
  {
    method: 'post',
    path: '/v1/alerts/{id}/acknowledge',
    id: 'acknowledgeAlert',
    tag: 'alerts',
    summary: 'Say that somebody has seen it',
    description:
      'Who is taken from the header `X-Camshard-Who`; it goes to the audit log of the node that is asked, the ' +
      'acknowledgement to the one that keeps the alert.',
    ok: { status: 200, description: 'The alert, acknowledged.', content: { json: ['Alert'] } },
    problems: { 404: ['unknown_alert'], 413: ['frame_too_large'], 503: ['body_limit', 'node_away'] },
  },
];
