import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface TinyDns {
  readonly port: number;
  close(): Promise<void>;
}

const HEADER_BYTES = 12;
const TYPE_A = 1;

/** A server of names on 127.0.0.1 that has one A record, 127.0.0.1, for each of `names`, as Docker's has for containers (RFC 1035). */
export async function startTinyDns(names: readonly string[]): Promise<TinyDns> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => socket.send(answerTo(query, names), from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    close: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

function answerTo(query: Buffer, names: readonly string[]): Buffer {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  const type = query.readUInt16BE(at + 1);
  const known = names.includes(labels.join('.'));
  const answers = known && type === TYPE_A ? 1 : 0;
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  // A response, recursion available; NXDOMAIN (3) for names it does not know.
  header.writeUInt16BE(0x8180 | (known ? 0 : 3), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers, 6);
  const record = Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...(answers === 1 ? [record] : [])]);
}
