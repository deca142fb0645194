import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { CameraClient } from '../../src/client/camera-client.ts';
import { type LoadBalancer, startHaproxy, startNginx } from '../support/load-balancers.ts';
import { TinyNode } from '../support/tiny-node.ts';
import { until } from '../support/until.ts';

/** A tiny node that can be posted to, and asked whether it is ready. */
class PostableNode {
  readonly node: TinyNode;
  ready = true;
  readonly posted: number[] = [];
  probes = 0;

  constructor(node: TinyNode) {
    this.node = node;
    node.credit = 100;
    node.onFrame = ({ seq }, socket) => socket.send(JSON.stringify({ type: 'ack', upTo: seq, shed: [] }));
    node.http.on('request', (request, response) => {
      // As uWebSockets.js does.
      if (request.httpVersion === '1.0') {
        response.writeHead(505).end();
        return;
      }
      if (request.url === '/readyz') {
        this.probes++;
        response.writeHead(this.ready ? 200 : 503).end();
        return;
      }
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.byteLength;
      });
      request.on('end', () => {
        if (!this.ready) return response.writeHead(503, { 'retry-after': '2' }).end('{"code":"draining"}');
        this.posted.push(bytes);
        return response.writeHead(200, { 'content-type': 'application/json' }).end('{"type":"gated","seq":1}');
      });
    });
  }

  get port(): number {
    return (this.node.http.address() as AddressInfo).port;
  }

  /** As a node that drains: what is new is refused, what is open goes on. */
  drain(): void {
    this.ready = false;
    this.node.refuseWith = { status: 503, headers: { 'retry-after': '2' } };
  }
}

const picture = new Uint8Array(40_000).fill(7);

for (const [name, start] of [
  ['HAProxy', startHaproxy],
  ['NGINX', startNginx],
] as const) {
  describe(`${name} as configured in deploy/`, () => {
    let nodes: readonly [PostableNode, PostableNode];
    let balancer: LoadBalancer;
    const clients: CameraClient[] = [];

    beforeEach(async () => {
      nodes = [new PostableNode(await TinyNode.start()), new PostableNode(await TinyNode.start())];
      balancer = await start(nodes.map((node) => node.port));
    });
    afterEach(async () => {
      await Promise.all(clients.splice(0).map((client) => client.stop()));
      await balancer.close();
      await Promise.all(nodes.map(({ node }) => node.stop()));
    });

    /** A camera that is streaming, and the answers it gets. */
    async function camera(id: string): Promise<{ readonly client: CameraClient; readonly answered: number[] }> {
      const answered: number[] = [];
      const client = new CameraClient({
        ...{ url: balancer.url, camera: id, clock: systemClock, results: false },
        events: { answered: ({ seq }) => answered.push(seq) },
      });
      clients.push(client);
      client.start();
      await until(`${id} to be welcomed`, () => client.ready);
      return { client, answered };
    }

    const post = (): Promise<Response> =>
      fetch(`${balancer.url}/v1/cameras/c/frames`, {
        ...{ method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: picture },
      });
    const connections = (): number[] => nodes.map(({ node }) => node.sockets.length);

    it('carries WebSocket streams, spread over the nodes by their connections', async () => {
      const cameras = [];
      for (let i = 0; i < 6; i++) cameras.push(await camera(`cam-${i}`));
      expect(connections()).toEqual([3, 3]);
      for (const { client } of cameras) for (let i = 0; i < 5; i++) client.offer(picture);
      for (const { answered } of cameras) await until('the answers', () => answered.length === 5);
      expect(nodes[0].node.frames.length + nodes[1].node.frames.length).toBe(30);
      expect(nodes[0].node.frames[0]?.bytes.byteLength).toBe(picture.byteLength);
    });

    it('carries pictures that are posted', async () => {
      for (let i = 0; i < 6; i++) expect((await post()).status).toBe(200);
      expect(nodes.flatMap(({ posted }) => posted)).toEqual(new Array(6).fill(picture.byteLength));
      for (const { posted } of nodes) expect(posted.length).toBeGreaterThan(0);
    });

    it('gives a node that drains nothing new, and leaves it what it has', async () => {
      const [first, second] = nodes;
      const old = [await camera('old-0'), await camera('old-1')];
      expect(connections()).toEqual([1, 1]);
      first.drain();
      if (name === 'HAProxy') {
        const probes = first.probes;
        await until('the checks to fail twice', () => first.probes >= probes + 3);
      }
      for (let i = 0; i < 4; i++) await camera(`new-${i}`);
      expect(connections()).toEqual([1, 5]);
      for (let i = 0; i < 4; i++) expect((await post()).status).toBe(200);
      expect([first.posted.length, second.posted.length]).toEqual([0, 4]);
      for (const { client, answered } of old) {
        client.offer(picture);
        await until('an answer over the old connection', () => answered.length === 1);
        expect(client.state).toBe('streaming');
      }
    });

    it('turns to the other node where one is dead, and comes back to it', async () => {
      const [first, second] = nodes;
      const { port } = first;
      await first.node.stop();
      for (let i = 0; i < 3; i++) await camera(`cam-${i}`);
      expect((await post()).status).toBe(200);
      expect([second.node.sockets.length, second.posted.length]).toEqual([3, 1]);
      const again = new PostableNode(await TinyNode.start(port));
      nodes = [again, second];
      // HAProxy asks each second; NGINX tries again after fail_timeout.
      await until(
        'a picture at the node that is back',
        async () => (await post()).ok && again.posted.length > 0,
        30_000,
      );
    });
  });
}
