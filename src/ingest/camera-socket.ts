import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t, WebSocket } from 'uWebSockets.js';
import type { CameraBook } from '../../actors/camera-book.ts';
import type { RegionMessage } from '../../actors/region-actor.ts';
import type { ActorRef } from '../../actors/runtime/types.ts';
import { FRAME_BYTES_MAX } from '../../config/limits.ts';
import type { NodeConfig } from '../../config/schema.ts';
import { parseCameraId } from '../../core/ids.ts';
import { CAMERA_SUBPROTOCOL } from '../../core/protocol.ts';
import { type AccessRules, decideAccess } from '../access/who-may.ts';
import { guarded } from '../http/guarded.ts';
import { credentialsOf, refuseUpgrade } from '../http/upgrade.ts';
import { CameraConnection, type ConnectionServices } from './camera-connection.ts';
import { readText } from './hello.ts';
import type { Ingest } from './ingest.ts';
import { countReason, type IngestCounters } from './ingest-counters.ts';
import { refuseNew } from './refuse-new.ts';

export interface CameraSocketServices {
  readonly ingest: Ingest;
  readonly region: ActorRef<RegionMessage>;
  readonly counters: IngestCounters;
  readonly book: CameraBook;
  /** Whether only cameras the node knows are let in now, and when others may try again. */
  readonly refusesNew: () => { readonly retryAfterS: number } | undefined;
  readonly config: NodeConfig;
  readonly access: AccessRules;
  readonly connection: ConnectionServices;
  /** A bug met while handling a message. */
  readonly onFault: (error: unknown) => void;
}

/** uWebSockets.js copies the own properties of what it is given, so an object with private fields goes in a box. */
interface SocketData {
  readonly connection: CameraConnection;
}

/** What uWebSockets.js says in its close event when a message was over `maxPayloadLength`. */
const TOO_BIG = 'Received too big message';
/** Room for an envelope's header around the largest picture. */
const ENVELOPE_SLACK_BYTES = 64 * 1024;

/**
 * `ws /v1/cameras/{id}/stream`. uWebSockets.js cannot pause a socket, so whatever comes is taken, counted and dropped
 * cheaply; credits are what holds a camera back.
 */
export function serveCameraSockets(app: TemplatedApp, services: CameraSocketServices): CameraSockets {
  const sockets = new CameraSockets(services);
  app.ws<SocketData>('/v1/cameras/:id/stream', {
    // Past the configured size a frame is rejected with an answer; past the hard limit uWebSockets.js cuts the socket.
    maxPayloadLength: FRAME_BYTES_MAX + ENVELOPE_SLACK_BYTES,
    maxBackpressure: services.config.ingest.sendBufferBytesMax,
    idleTimeout: services.config.ingest.idleTimeoutS,
    sendPingsAutomatically: true,
    upgrade: (res, req, context) => sockets.upgrade(res, req, context),
    open: (ws) => sockets.opened(ws.getUserData().connection, ws),
    message: (ws, message, isBinary) => {
      const { connection } = ws.getUserData();
      guarded(ws, services.onFault, () => sockets.message(connection, message, isBinary));
    },
    close: (ws, code, message) => sockets.closed(ws.getUserData().connection, code, Buffer.from(message).toString()),
  });
  return sockets;
}

export class CameraSockets {
  readonly #services: CameraSocketServices;
  readonly #open = new Set<CameraConnection>();

  constructor(services: CameraSocketServices) {
    this.#services = services;
  }

  /** Connections whose cameras go where they are sent. */
  get following(): number {
    let following = 0;
    for (const { follows } of this.#open) if (follows) following++;
    return following;
  }

  /** Tells every camera that the node stops, and closes its socket. */
  goodbye(): void {
    for (const connection of [...this.#open]) connection.goodbye();
  }

  upgrade(res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void {
    const { ingest, counters, config, access } = this.#services;
    const refuse = (status: number, code: string, message: string): void => {
      countReason(counters.connectionsRefused, code);
      refuseUpgrade(res, status, code, message);
    };
    const camera = parseCameraId(decodeParameter(req.getParameter(0)));
    if (camera === undefined) return refuse(400, 'bad_camera_id', 'a camera id is [A-Za-z0-9._-]{1,64}');
    const allowed = decideAccess(credentialsOf(req), access);
    if (allowed.kind === 'denied') return refuse(allowed.status, allowed.code, allowed.message);
    const protocols = req.getHeader('sec-websocket-protocol');
    const offered = protocols.split(',').map((p) => p.trim());
    if (protocols !== '' && !offered.includes(CAMERA_SUBPROTOCOL)) {
      return refuse(400, 'unsupported_subprotocol', `the subprotocol is ${CAMERA_SUBPROTOCOL}`);
    }
    if (ingest.draining) return refuse(503, 'draining', 'the node stops');
    if (counters.connectionsOpen >= config.ingest.connectionsMax) {
      return refuse(503, 'connection_limit', 'the node has as many connections as it may');
    }
    const overload = refuseNew(this.#services, camera);
    if (overload !== undefined) return refuseUpgrade(res, 503, overload.code, overload.message, overload.retryAfterS);
    const record = ingest.hold(camera);
    if (record === undefined) return refuse(503, 'camera_limit', 'the node has as many cameras as it may');
    const wants = { results: req.getQuery('results') === '1', redirects: req.getQuery('redirect') === '1' };
    const connection = new CameraConnection(ingest.nextConnectionId(), record, wants, this.#services.connection);
    counters.connectionsOpen++;
    counters.connectionsAccepted++;
    res.upgrade<SocketData>(
      { connection },
      req.getHeader('sec-websocket-key'),
      protocols === '' ? '' : CAMERA_SUBPROTOCOL,
      req.getHeader('sec-websocket-extensions'),
      context,
    );
  }

  opened(connection: CameraConnection, socket: WebSocket<SocketData>): void {
    connection.attach(socket);
    this.#open.add(connection);
    const told = this.#services.ingest.connect(connection, connection.record);
    if (told !== 'accepted') connection.refused(told === 'stopped' ? 'draining' : 'camera_limit');
  }

  message(connection: CameraConnection, message: ArrayBuffer, isBinary: boolean): void {
    const { ingest, counters, region } = this.#services;
    if (isBinary) {
      // The one copy: uWebSockets.js takes the buffer back when this callback returns.
      const bytes = new Uint8Array(message.slice(0));
      const nextSeq = connection.bareSeq + 1;
      const read = ingest.take(bytes, connection.record, connection, nextSeq, ['jpeg']);
      connection.bareSeq = nextSeq;
      if (read.numbered) connection.firstSeq ??= read.kind === 'frame' ? read.frame.seq : read.seq;
      if (read.kind === 'bad') connection.bad(read.reason, read.message, read.seq);
      return;
    }
    const text = readText(new Uint8Array(message));
    if (text.kind === 'hello') {
      region.tell({ kind: 'hello', camera: connection.record.camera, source: connection, hello: text.hello });
    } else {
      countReason(counters.badText, text.code);
      connection.bad(text.code, text.message, undefined);
    }
  }

  closed(connection: CameraConnection, code: number, reason: string): void {
    const { ingest, counters, region } = this.#services;
    if (code === 1006 && reason === TOO_BIG) {
      // Its bytes were never handed over, but it was a frame somebody sent: it belongs in the account.
      ingest.rejectUnseen(connection.record, 'frame_too_large');
      countReason(counters.closed, 'frame_over_hard_limit');
    } else if (code === 1006) {
      countReason(counters.closed, 'abnormal');
    }
    connection.detach();
    this.#open.delete(connection);
    counters.connectionsOpen--;
    region.tell({ kind: 'disconnect', camera: connection.record.camera, source: connection });
    ingest.release(connection.record);
  }
}

/** A path parameter with %-escapes resolved; as it is where they are malformed, which no id matches. */
function decodeParameter(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}
