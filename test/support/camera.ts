import type { IncomingMessage } from 'node:http';
import WebSocket, { type ClientOptions } from 'ws';
import { encodeFrameEnvelope } from '../../core/frame-codec.ts';
import type {
  AckMessage,
  ErrorMessage,
  NodeToCameraMessage,
  ResultMessage,
  WelcomeMessage,
} from '../../core/protocol.ts';
import { until } from './until.ts';

export interface CameraOptions extends ClientOptions {
  /** Whether to ask for results; default true. */
  readonly results?: boolean;
  /** Appended to the query, e.g. `access_token=...`. */
  readonly query?: string;
  readonly protocols?: string[];
}

/** What the node answered instead of accepting the socket. */
export class HandshakeRefused extends Error {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;

  constructor(response: IncomingMessage, body: string) {
    super(`handshake refused with ${response.statusCode}: ${body}`);
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    this.body = body;
  }

  get code(): unknown {
    return (JSON.parse(this.body) as { code?: unknown }).code;
  }
}

/** @throws HandshakeRefused where the node answers with anything but 101. */
export function openSocket(url: string, protocols: string[] = [], options: ClientOptions = {}): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols, options);
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.once('end', () => reject(new HandshakeRefused(response, body)));
    });
    socket.on('error', reject);
  });
}

/** One message of a given type. */
type Of<T extends NodeToCameraMessage['type']> = Extract<NodeToCameraMessage, { type: T }>;

/** A camera that writes down all it hears. */
export class TestCamera {
  readonly socket: WebSocket;
  readonly heard: NodeToCameraMessage[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Binary messages sent, which is the number the node gave the last bare picture. */
  sent = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  static async connect(
    node: { readonly wsUrl: string },
    camera: string,
    options: CameraOptions = {},
  ): Promise<TestCamera> {
    const { results = true, query, protocols = [], ...rest } = options;
    const parameters = [results ? 'results=1' : '', query ?? ''].filter((part) => part !== '').join('&');
    const url = `${node.wsUrl}/v1/cameras/${camera}/stream${parameters === '' ? '' : `?${parameters}`}`;
    // The node may speak in the packet of its handshake: listening begins before the socket is open.
    const socket = new WebSocket(url, protocols, rest);
    const test = new TestCamera(socket);
    socket.on('message', (data, isBinary) => {
      if (isBinary) throw new Error('a node sends cameras text only');
      test.heard.push(JSON.parse(data.toString()) as NodeToCameraMessage);
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.on('error', reject);
      socket.once('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.once('end', () => reject(new HandshakeRefused(response, body)));
      });
    });
    return test;
  }

  /** Connects and waits for the welcome. */
  static async welcomed(
    node: { readonly wsUrl: string },
    camera: string,
    options: CameraOptions = {},
  ): Promise<TestCamera> {
    const test = await TestCamera.connect(node, camera, options);
    await test.next('welcome');
    return test;
  }

  /** Sends a bare picture; returns the number the node gives it. */
  send(picture: Uint8Array): number {
    this.socket.send(picture);
    return ++this.sent;
  }

  /** Sends a picture in an envelope. */
  sendEnvelope(picture: Uint8Array, seq: number, capturedWallMs?: number): void {
    this.socket.send(encodeFrameEnvelope(picture, { seq, capturedWallMs }));
    this.sent++;
  }

  text(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** What was heard of one type. */
  all<T extends NodeToCameraMessage['type']>(type: T): Of<T>[] {
    return this.heard.filter((m): m is Of<T> => m.type === type);
  }

  /** The first message of a type that satisfies `test`, heard already or still to come. */
  next<T extends NodeToCameraMessage['type']>(type: T, test: (message: Of<T>) => boolean = () => true): Promise<Of<T>> {
    return until(`a message of type ${type}`, () => this.all(type).find(test));
  }

  get welcome(): WelcomeMessage | undefined {
    return this.all('welcome')[0];
  }
  get acks(): AckMessage[] {
    return this.all('ack');
  }
  get results(): ResultMessage[] {
    return this.all('result');
  }
  get errors(): ErrorMessage[] {
    return this.all('error');
  }

  /** Highest sequence number an ack has named so far; 0 before the first. */
  get ackedUpTo(): number {
    return Math.max(0, ...this.acks.map((ack) => ack.upTo));
  }

  /** How often each number was answered by name: as a result, in a shed list or in an error. */
  namedAnswers(): Map<number, string[]> {
    const answers = new Map<number, string[]>();
    const note = (seq: number, answer: string): void => {
      const known = answers.get(seq);
      if (known === undefined) answers.set(seq, [answer]);
      else known.push(answer);
    };
    for (const message of this.heard) {
      if (message.type === 'result') note(message.seq, 'result');
      else if (message.type === 'error' && message.seq !== undefined) note(message.seq, message.code);
      else if (message.type === 'ack') for (const { seq, reason } of message.shed) note(seq, reason);
    }
    return answers;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
