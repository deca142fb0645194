import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSocket, TestCamera } from '../support/camera.ts';
import { startTestNode, stopTestNodes } from '../support/node.ts';
import { jpeg } from '../support/pictures.ts';

/** The node's own helper reads over fetch, which does not know our certificate: here everything is done by hand. */
function getOverTls(port: number, path: string, ca: Buffer): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, ca, agent: false }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    }).once('error', reject);
  });
}

describe('a node with certificates', () => {
  const dir = mkdtempSync(join(tmpdir(), 'camshard-tls-'));
  const certFile = join(dir, 'cert.pem');
  const keyFile = join(dir, 'key.pem');
  let ca: Buffer;

  beforeAll(() => {
    execFileSync(
      'openssl',
      // biome-ignore format: one option a line says less
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
       '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certFile],
      { stdio: 'ignore' },
    );
    ca = readFileSync(certFile);
  });
  afterAll(async () => {
    await stopTestNodes();
    rmSync(dir, { recursive: true, force: true });
  });

  it('serves HTTP, the camera stream and the live socket over TLS', async () => {
    const node = await startTestNode({ server: { tls: { certFile, keyFile } } });
    expect(node.url).toBe(`https://127.0.0.1:${node.port}`);
    expect(await getOverTls(node.port, '/readyz', ca)).toEqual({ status: 200, body: '{"status":"ready"}' });

    const watcher = await openSocket(`${node.wsUrl}/v1/live?topics=camera:tls-1`, [], { ca });
    const watched = new Promise<Buffer>((resolve) => watcher.once('message', (data) => resolve(data as Buffer)));
    const camera = await TestCamera.welcomed(node, 'tls-1', { ca });
    camera.send(await jpeg());
    expect((await camera.next('result')).seq).toBe(1);
    expect((await watched).subarray(0, 4).toString()).toBe('CSV1');
    watcher.close();
    await camera.close();
  });

  it('serves nobody in the clear, nor a client that does not trust its certificate', async () => {
    const node = await startTestNode({ server: { tls: { certFile, keyFile } } });
    await expect(fetch(`http://127.0.0.1:${node.port}/healthz`)).rejects.toThrow();
    await expect(fetch(`${node.url}/healthz`)).rejects.toThrow();
    await expect(TestCamera.connect({ wsUrl: `ws://127.0.0.1:${node.port}` }, 'clear-1')).rejects.toThrow();
  });

  it('does not start with files that are missing or no pair, and names them', async () => {
    for (const tls of [
      { certFile: join(dir, 'none.pem'), keyFile },
      { certFile, keyFile: certFile },
    ]) {
      await expect(startTestNode({ server: { tls } })).rejects.toMatchObject({
        code: 'tls_failed',
        message: expect.stringContaining(tls.certFile),
      });
    }
  });
});
