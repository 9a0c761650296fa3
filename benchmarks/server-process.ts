import { InProcessServer, type ServerOptions, type ServerRequest } from './server.js';

/** The other side of ServerProcess in server.ts. */
const server = await InProcessServer.start(JSON.parse(process.argv[2] ?? '') as ServerOptions);

process.on('message', async (request: ServerRequest) => {
  process.send?.((await answer(request)) ?? null);
});
// Without whoever started it there is nothing to serve.
process.on('disconnect', () => process.exit());
process.send?.(server.access);

async function answer(request: ServerRequest): Promise<unknown> {
  switch (request.call) {
    case 'fill':
      return server.fill(request.prefix, request.root);
    case 'counts':
      return server.counts();
    case 'holds':
      return server.holds(request.prefix);
  }
}
