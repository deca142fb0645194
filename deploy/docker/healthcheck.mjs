// HEALTHCHECK of the image: exits 0 where the node serves (/readyz), else says why and exits 1. Another port, address or TLS
// need not be told twice: it reads the node's own configuration, in full only where that may say so.
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';

const TIMEOUT_MS = 4_000;

const { host, port, tls } = await serverSettings(process.env);
const anyAddress = ['0.0.0.0', '::', '[::]'].includes(host);
const options = {
  host: anyAddress ? '127.0.0.1' : host.replace(/^\[|\]$/g, ''),
  port,
  path: '/readyz',
  timeout: TIMEOUT_MS,
  // Its certificate names the public name; nobody sits between us and ourselves.
  rejectUnauthorized: false,
};

const request = (tls === null ? getHttp : getHttps)(options, (response) => {
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (part) => {
    text = (text + part).slice(0, 500);
  });
  response.on('end', () => {
    console.log(`${response.statusCode} ${text}`);
    process.exitCode = response.statusCode === 200 ? 0 : 1;
  });
});
request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
request.on('error', (error) => {
  console.log(error.message);
  process.exitCode = 1;
});

/** Reading everything costs a quarter of a second of a processor, which would be spent four times a minute. */
async function serverSettings(env) {
  const { CAMSHARD_SERVER__HOST: host, CAMSHARD_SERVER__PORT: port, ...others } = env;
  const elsewhere = Object.keys(others).some((name) => /^CAMSHARD_(CONFIG$|SERVER(__|$))/.test(name));
  if (!elsewhere && host !== undefined && port !== undefined) return { host, port, tls: null };
  const { loadConfig } = await import('./dist/config/load.js');
  return loadConfig({ env }).config.server;
}
