import type { OverloadStatus } from '../../../core/overload.ts';
import type { DeviceModel } from '../../../models/device/port.ts';
import type { ClusterService } from '../../cluster/port.ts';
import { EVENTS_KEPT, type EventLog } from '../../telemetry/event-log.ts';
import { type ApiAnswer, type ApiRequest, problem, type Route } from '../exchange.ts';
import { ofOneNode } from './one-node.ts';

export interface NodeSays {
  readonly overload: () => OverloadStatus;
  readonly events: Pick<EventLog, 'recent'>;
  readonly models: readonly DeviceModel[];
}

export interface NodeReadServices extends NodeSays {
  readonly cluster: Pick<ClusterService, 'node' | 'kind' | 'gather' | 'view'>;
}

const OVERLOAD_QUESTION = 'overload';
const EVENTS_QUESTION = 'events';
const MODELS_QUESTION = 'models';

const EVENTS_DEFAULT = 100;

interface EventsBody {
  readonly after?: number;
  readonly limit: number;
}

/** What a node answers its peers about itself. */
export function answerNodeReads(
  { overload, events, models }: NodeSays,
  answer: (question: string, answer: (body: unknown) => unknown) => void,
): void {
  answer(OVERLOAD_QUESTION, overload);
  answer(EVENTS_QUESTION, (body) => events.recent(body as EventsBody));
  answer(MODELS_QUESTION, () => described(models));
}

/** What one node says of itself: this one, or the one `?node=` names. What they say does not add up to one answer. */
export function nodeReadRoutes(s: NodeReadServices): Route[] {
  return [
    {
      method: 'get',
      pattern: '/v1/overload',
      handler: ({ query }) =>
        ofOneNode({ cluster: s.cluster, query, question: OVERLOAD_QUESTION, here: () => s.overload() }),
    },
    { method: 'get', pattern: '/v1/events', handler: (request) => listEvents(s, request) },
    {
      method: 'get',
      pattern: '/v1/models',
      handler: ({ query }) =>
        ofOneNode({ cluster: s.cluster, query, question: MODELS_QUESTION, here: () => described(s.models) }),
    },
  ];
}

function listEvents({ events, cluster }: NodeReadServices, { query }: ApiRequest): Promise<ApiAnswer> | ApiAnswer {
  const limit = wholeNumber(query.get('limit') ?? String(EVENTS_DEFAULT), 1, EVENTS_KEPT);
  if (limit === undefined) return problem(400, 'bad_query', `limit: a whole number from 1 to ${EVENTS_KEPT}`);
  const afterText = query.get('after');
  const after = afterText === null ? undefined : wholeNumber(afterText, 0, Number.MAX_SAFE_INTEGER);
  if (afterText !== null && after === undefined) return problem(400, 'bad_query', 'after: the id of an event, or 0');
  const body: EventsBody = { limit, ...(after === undefined ? {} : { after }) };
  return ofOneNode({ cluster, query, question: EVENTS_QUESTION, body, here: () => events.recent(body) });
}

function wholeNumber(text: string, min: number, max: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
}

const described = (models: readonly DeviceModel[]): unknown => ({ models: models.map(describeModel) });

function describeModel(model: DeviceModel): unknown {
  const [largest, ...smaller] = model.graphs;
  return {
    model: model.key,
    inputSize: largest?.inputSize,
    /** Those the node falls back to under overload. */
    smallerInputSizes: smaller.map((graph) => graph.inputSize),
    precision: largest?.precision,
    labels: model.labels,
    serves: true,
  };
}
