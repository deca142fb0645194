import type { SnapshotDesk } from '../../alerts/snapshots/snapshot-desk.ts';
import { isAlertId } from '../../alerts/snapshots/snapshot-store.ts';
import { type ApiAnswer, type ApiRequest, problem, type Route, retryAfter } from '../exchange.ts';

/** `GET /v1/alerts/:id/snapshot`: the annotated picture of an alert. */
export function alertSnapshotRoutes({ snapshots }: { readonly snapshots: Pick<SnapshotDesk, 'get'> }): Route[] {
  return [
    { method: 'get', pattern: '/v1/alerts/:id/snapshot', handler: (request) => alertSnapshot(snapshots, request) },
  ];
}

async function alertSnapshot(snapshots: Pick<SnapshotDesk, 'get'>, { parameter }: ApiRequest): Promise<ApiAnswer> {
  const id = decoded(parameter);
  if (id === undefined || !isAlertId(id)) {
    return problem(400, 'bad_alert_id', 'an alert is called <camera>:<rule>:<number>');
  }
  const picture = await snapshots.get(id);
  if (picture === 'pending') {
    return retryAfter(problem(503, 'snapshot_pending', `the picture of ${id} is being drawn`), 1);
  }
  if (picture === undefined) {
    return problem(404, 'no_snapshot', `there is no picture of ${id} here, or it has made room for newer ones`);
  }
  return {
    status: 200,
    // An alert has one picture and keeps it: a browser need not ask again.
    headers: { 'content-type': mediaTypeOf(picture), 'cache-control': 'private, max-age=86400, immutable' },
    body: picture,
  };
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
