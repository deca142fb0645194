import uWS from 'uWebSockets.js';
import { parseArgs } from 'node:util';

/**
 * A server that takes frames, counts them and drops them: the load of the wire without any work on the pictures. The
 * bare loop runs beside it, so that both it and the node share their cores with the same generator.
 * Prints one JSON line when ready, and its count as another on SIGTERM.
 */
const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
let frames = 0;
let bytes = 0;

const app = uWS
  .App()
  .ws('/v1/cameras/:id/stream', {
    maxPayloadLength: 16 * 1024 * 1024,
    idleTimeout: 32,
    open(socket) {
      const welcome = {
        type: 'welcome',
        camera: 'sink',
        shard: 0,
        node: 'sink',
        epoch: 1,
        credit: 16,
        target: { fps: 10, width: 640, height: 352 },
      };
      socket.send(JSON.stringify(welcome));
    },
    message(_socket, message, isBinary) {
      if (!isBinary) return;
      frames++;
      bytes += message.byteLength;
    },
  })
  .any('/*', (response) => {
    response.writeStatus('404').end();
  });

app.listen('127.0.0.1', Number(values.port), (listening) => {
  if (listening === false) {
    console.error(`port ${values.port} is taken`);
    process.exit(1);
  }
  console.log(JSON.stringify({ msg: 'ready', url: `http://127.0.0.1:${uWS.us_socket_local_port(listening)}` }));
});

process.once('SIGTERM', () => {
  console.log(JSON.stringify({ msg: 'sunk', frames, bytes }));
  app.close();
});
