import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, ServerProcess } from './server-process.ts';

/** The examples of `deploy/`, run as they are but for addresses and what a test has no rights to. */

export interface LoadBalancer {
  readonly url: string;
  close(): Promise<void>;
}

/** @param ports of the nodes on 127.0.0.1; nodes of the example beyond them are left out */
export async function startHaproxy(ports: readonly number[]): Promise<LoadBalancer> {
  const port = await freePort();
  const text = withNodes(await readFile('deploy/haproxy/haproxy.cfg', 'utf8'), ports);
  return startWith('haproxy', text.replace('bind :8080', `bind 127.0.0.1:${port}`), port, (file) => [
    '-db',
    '-f',
    file,
  ]);
}

export async function startNginx(ports: readonly number[]): Promise<LoadBalancer> {
  const port = await freePort();
  const text = withNodes(await readFile('deploy/nginx/nginx.conf', 'utf8'), ports);
  const own = (dir: string): string => {
    const names = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const temp = names.map((name) => `${name}_temp_path ${dir}/${name};`).join('\n');
    const main = `daemon off;\nmaster_process off;\npid ${dir}/nginx.pid;\nerror_log ${dir}/error.log;\n`;
    return `${main}${text.replace('http {', `http {\n${temp}`).replace('listen 8080;', `listen 127.0.0.1:${port};`)}`;
  };
  return startWith('nginx', own, port, (file, dir) => ['-p', dir, '-e', `${dir}/error.log`, '-c', file]);
}

async function startWith(
  command: string,
  config: string | ((dir: string) => string),
  port: number,
  args: (file: string, dir: string) => readonly string[],
): Promise<LoadBalancer> {
  const dir = await mkdtemp(join(tmpdir(), 'camshard-lb-'));
  const file = join(dir, 'config');
  await writeFile(file, typeof config === 'string' ? config : config(dir));
  const server = new ServerProcess(port, command, args(file, dir));
  await server.start();
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      await server.kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Puts the ports in the place of the example's nodes. @throws Error where the example has fewer */
function withNodes(text: string, ports: readonly number[]): string {
  let node = 0;
  const replaced = text
    .split('\n')
    .flatMap((line) => {
      if (!/^\s*server\s.*10\.0\.0\.\d+:8080/.test(line)) return [line];
      const port = ports[node++];
      return port === undefined ? [] : [line.replace(/10\.0\.0\.\d+:8080/, `127.0.0.1:${port}`)];
    })
    .join('\n');
  if (node < ports.length) throw new Error(`the example names ${node} nodes only`);
  return replaced;
}
