import type { SnapshotDesk } from '../../alerts/snapshots/snapshot-desk.ts';
import { isAlertId } from '../../alerts/snapshots/snapshot-store.ts';
import type { ClusterService } from '../../cluster/port.ts';
import { type ApiAnswer, type ApiRequest, problem, type Route, retryAfter } from '../exchange.ts';
import { nodeAway } from './one-node.ts';

export interface SnapshotRouteServices {
  readonly snapshots: Pick<SnapshotDesk, 'get'>;
  /** Who else may have it; nobody where not given. */
  readonly cluster?: Pick<ClusterService, 'node' | 'kind' | 'gather'>;
}

/** Body: `{id}`. Answer: {@link CarriedSnapshot}. */
export const SNAPSHOT_QUESTION = 'alert-snapshot';

/** A picture on its way between nodes. */
type CarriedSnapshot = Drawn | 'pending' | null;
interface Drawn {
  readonly base64: string;
}

/** What one node answers. */
export async function snapshotHere(snapshots: Pick<SnapshotDesk, 'get'>, body: unknown): Promise<CarriedSnapshot> {
  const id = String((body as { id?: unknown }).id);
  const picture = isAlertId(id) ? await snapshots.get(id) : undefined;
  if (picture === undefined) return null;
  return picture === 'pending' ? picture : { base64: picture.toString('base64') };
}

/** `GET /v1/alerts/:id/snapshot`: the annotated picture of an alert, from whichever node raised it. */
export function alertSnapshotRoutes(services: SnapshotRouteServices): Route[] {
  return [
    { method: 'get', pattern: '/v1/alerts/:id/snapshot', handler: (request) => alertSnapshot(services, request) },
  ];
}

async function alertSnapshot(services: SnapshotRouteServices, { parameter, query }: ApiRequest): Promise<ApiAnswer> {
  const id = decoded(parameter);
  if (id === undefined || !isAlertId(id)) {
    return problem(400, 'bad_alert_id', 'an alert is called <camera>:<rule>:<number>');
  }
  const { picture, missing } = await pictureOf(services, id, query.get('node'));
  if (picture === 'pending') {
    return retryAfter(problem(503, 'snapshot_pending', `the picture of ${id} is being drawn`), 1);
  }
  if (picture === undefined) {
    if (missing.length > 0) return nodeAway(missing);
    return problem(404, 'no_snapshot', `there is no picture of ${id} here, or it has made room for newer ones`);
  }
  return {
    status: 200,
    // An alert has one picture and keeps it: a browser need not ask again.
    headers: { 'content-type': mediaTypeOf(picture), 'cache-control': 'private, max-age=86400, immutable' },
    body: picture,
  };
}

/** It stays where the alert was raised, wherever the camera has gone since. */
async function pictureOf({ snapshots, cluster }: SnapshotRouteServices, id: string, node: string | null) {
  const isOther = cluster !== undefined && node !== null && node !== 'self' && node !== cluster.node;
  const here = isOther ? undefined : await snapshots.get(id);
  if (here !== undefined || cluster === undefined || cluster.kind === 'local' || node === 'self') {
    return { picture: here, missing: [] };
  }
  const only = node === null ? undefined : [node];
  const { answers, missing } = await cluster.gather<CarriedSnapshot>(SNAPSHOT_QUESTION, { id }, only);
  const found = answers.flatMap(({ answer }) => answer ?? []);
  const drawn = found.find((answer): answer is Drawn => answer !== 'pending');
  if (drawn !== undefined) return { picture: Buffer.from(drawn.base64, 'base64'), missing };
  return { picture: found.length > 0 ? ('pending' as const) : undefined, missing };
}

/** Pictures are drawn as JPEG; one that could not be drawn is as the camera sent it. */
function mediaTypeOf(picture: Uint8Array): string {
  if (picture[0] === 0x89 && picture[1] === 0x50) return 'image/png';
  if (picture[0] === 0x52 && picture[1] === 0x49) return 'image/webp';
  return 'image/jpeg';
}

function decoded(parameter: string): string | undefined {
  try {
    return decodeURIComponent(parameter);
  } catch {
    return undefined;
  }
}
