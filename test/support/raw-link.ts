import { once } from 'node:events';
import { WebSocket } from 'ws';
import { nodeId } from '../../core/ids.ts';
import { DiallerHandshake } from '../../src/links/handshake.ts';
import { decodeContent, decodePacket, encodePacket, PACKET } from '../../src/links/link-packet.ts';

/** A peer that shakes hands as it should, and then does whatever a test makes it do. */
export async function rawLink(
  url: string,
  { node = 'raw', to = 'a', creditBytes = 1_000_000 } = {},
): Promise<WebSocket> {
  const self = { node: nodeId(node), instance: 'raw', cluster: 'test', secret: 'a secret of the tests', creditBytes };
  const handshake = new DiallerHandshake(self, nodeId(to));
  const socket = new WebSocket(`${url}/v1/link`);
  await once(socket, 'open');
  const say = (message: unknown): void => socket.send(encodePacket(PACKET.handshake, 0, JSON.stringify(message)));
  say(handshake.hello);
  for (;;) {
    const [data] = (await once(socket, 'message')) as [Buffer];
    const packet = decodePacket(data);
    if (packet.kind === 'bad') throw new Error(packet.message);
    const content = decodeContent(packet.piece);
    if (content.kind === 'bad') throw new Error(content.message);
    const step = handshake.step(content.value);
    if (step.kind === 'send') say(step.message);
    else if (step.kind === 'proved') return socket;
    else throw new Error(`${step.code}: ${step.message}`);
  }
}
