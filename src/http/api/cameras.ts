import sharp from 'sharp';
import type { CameraBook } from '../../../actors/camera-book.ts';
import { PAGE_ROWS_MAX } from '../../../config/limits.ts';
import { type CameraId, parseCameraId } from '../../../core/ids.ts';
import type { ClusterService, Gathered } from '../../cluster/port.ts';
import type { LastFrames } from '../../frames/last-frames.ts';
import type { NodeView } from '../../node-view.ts';
import { type ApiAnswer, type ApiRequest, json, problem, type Route } from '../exchange.ts';
import type { Page } from '../page.ts';
import {
  CAMERA_QUESTION,
  CAMERAS_QUESTION,
  type CameraSeen,
  cameraAnswers,
  LAST_FRAME_QUESTION,
  LEDGERS_QUESTION,
  type LedgersAnswer,
  mergeCamera,
  mergePages,
  type PageBody,
  sumLedgers,
} from './camera-reads.ts';

export interface CameraReadServices {
  readonly book: CameraBook;
  readonly view: NodeView;
  readonly lastFrames: LastFrames;
  readonly cluster: ClusterService;
}

/** What a node answers its peers about cameras. */
export function answerCameras(
  s: Omit<CameraReadServices, 'cluster'>,
  answer: (question: string, answer: (body: unknown) => unknown) => void,
): void {
  const answers = cameraAnswers(s);
  answer(CAMERAS_QUESTION, answers.cameras);
  answer(CAMERA_QUESTION, answers.camera);
  answer(LEDGERS_QUESTION, answers.ledgers);
  answer(LAST_FRAME_QUESTION, (body) => lastFrameHere(s.lastFrames, body));
}

/** Cameras and their accounts, of the whole cluster by whichever node is asked; `?node=self` asks that one only. */
export function cameraReadRoutes(s: CameraReadServices): Route[] {
  return [
    { method: 'get', pattern: '/v1/cameras', handler: (request) => listCameras(s, request) },
    { method: 'get', pattern: '/v1/cameras/:id', handler: (request) => oneCamera(s, request) },
    { method: 'get', pattern: '/v1/cameras/:id/frame', handler: (request) => lastFrame(s, request) },
    { method: 'get', pattern: '/v1/ledger', handler: (request) => listLedgers(s, request) },
  ];
}

async function listCameras(s: CameraReadServices, { query }: ApiRequest): Promise<ApiAnswer> {
  const asked = pageOf(query);
  if ('fault' in asked) return problem(400, 'bad_query', asked.fault);
  const { answers, missing } = await gather<Page<CameraSeen>>(s, query, CAMERAS_QUESTION, asked);
  const merged = mergePages(
    answers.map(({ answer }) => answer),
    asked.limit,
    ({ camera }) => camera,
    mergeCamera,
  );
  const cameras = merged.items.flatMap(({ summary }) => summary ?? []);
  return json({ cameras, next: merged.next, ...away(missing) });
}

async function listLedgers(s: CameraReadServices, { query }: ApiRequest): Promise<ApiAnswer> {
  const asked = pageOf(query);
  if ('fault' in asked) return problem(400, 'bad_query', asked.fault);
  const { answers, missing } = await gather<LedgersAnswer>(s, query, LEDGERS_QUESTION, asked);
  const merged = mergePages(
    answers.map(({ answer }) => answer.page),
    asked.limit,
    ([camera]) => camera,
    (rows) => [rows[0]?.[0] ?? '', sumLedgers(rows.map(([, ledger]) => ledger))] as const,
  );
  return json({
    cameras: Object.fromEntries(merged.items),
    /** Cameras that left: their sums are kept with their shards. */
    folded: sumLedgers(answers.map(({ answer }) => answer.folded)),
    total: sumLedgers(answers.map(({ answer }) => answer.total)),
    next: merged.next,
    ...away(missing),
  });
}

async function oneCamera(s: CameraReadServices, request: ApiRequest): Promise<ApiAnswer> {
  const camera = cameraParameter(request);
  if (camera === undefined) return badCameraId();
  const { answers, missing } = await gather<CameraSeen | null>(s, request.query, CAMERA_QUESTION, { camera });
  const seen = answers.flatMap(({ answer }) => answer ?? []);
  const summary = seen.length > 0 ? mergeCamera(seen).summary : null;
  if (summary !== null) return json(summary);
  if (missing.length > 0)
    return problem(503, 'node_away', `${missing.map(({ node }) => node).join(', ')} did not answer`);
  return unknownCamera(camera);
}

/** A picture on its way between nodes. */
interface CarriedFrame {
  readonly seq: number;
  readonly receivedWallMs: number;
  readonly format: string;
  readonly base64: string;
}

function lastFrameHere(lastFrames: LastFrames, body: unknown): CarriedFrame | null {
  const camera = parseCameraId(String((body as { camera?: unknown }).camera));
  const frame = camera === undefined ? undefined : lastFrames.get(camera);
  if (frame === undefined) return null;
  const { seq, receivedWallMs, header, bytes } = frame;
  return { seq, receivedWallMs, format: header.format, base64: Buffer.from(bytes).toString('base64') };
}

async function lastFrame(s: CameraReadServices, request: ApiRequest): Promise<ApiAnswer> {
  const camera = cameraParameter(request);
  if (camera === undefined) return badCameraId();
  const here = s.lastFrames.get(camera);
  if (here !== undefined) return pictureAnswer(camera, { ...here, format: here.header.format });
  const { answers } = await gather<CarriedFrame | null>(s, request.query, LAST_FRAME_QUESTION, { camera });
  const [newest] = answers.flatMap(({ answer }) => answer ?? []).sort((a, b) => b.receivedWallMs - a.receivedWallMs);
  if (newest === undefined) return unknownCamera(camera);
  return pictureAnswer(camera, { ...newest, bytes: Buffer.from(newest.base64, 'base64') });
}

/** Pictures that are no JPEG, converted at once for GET /v1/cameras/{id}/frame. */
const CONVERSIONS_MAX = 1;
let converting = 0;

interface Picture {
  readonly seq: number;
  readonly receivedWallMs: number;
  readonly format: string;
  readonly bytes: Uint8Array;
}

async function pictureAnswer(camera: CameraId, { seq, receivedWallMs, format, bytes }: Picture): Promise<ApiAnswer> {
  const headers = {
    'content-type': 'image/jpeg',
    'cache-control': 'no-store',
    'last-modified': new Date(receivedWallMs).toUTCString(),
    'x-camshard-seq': String(seq),
  };
  if (format === 'jpeg') return { status: 200, headers, body: bytes };
  // Converting borrows a thread the frames' own decoding needs.
  if (converting >= CONVERSIONS_MAX) return problem(503, 'busy', 'other pictures are being converted');
  converting++;
  try {
    return { status: 200, headers, body: await sharp(bytes).flatten().jpeg({ quality: 85 }).toBuffer() };
  } catch {
    return problem(404, 'no_picture', `the last picture of ${camera} could not be decoded`);
  } finally {
    converting--;
  }
}

const gather = <T>(
  { cluster }: CameraReadServices,
  query: URLSearchParams,
  question: string,
  body: unknown,
): Promise<Gathered<T>> => cluster.gather<T>(question, body, query.get('node') === 'self' ? [cluster.node] : undefined);

const away = (missing: Gathered<unknown>['missing']): object => (missing.length === 0 ? {} : { away: missing });

function pageOf(query: URLSearchParams): PageBody | { readonly fault: string } {
  const limitText = query.get('limit') ?? '100';
  const limit = Number(limitText);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_ROWS_MAX) {
    return { fault: `limit ${limitText}; a whole number from 1 to ${PAGE_ROWS_MAX}` };
  }
  return { after: query.get('after') ?? '', limit };
}

export function cameraParameter(request: ApiRequest): CameraId | undefined {
  try {
    return parseCameraId(decodeURIComponent(request.parameter));
  } catch {
    return undefined;
  }
}

export const badCameraId = (): ApiAnswer => problem(400, 'bad_camera_id', 'a camera id is [A-Za-z0-9._-]{1,64}');
const unknownCamera = (camera: CameraId): ApiAnswer => problem(404, 'unknown_camera', `no camera ${camera} here`);
