// Streams answers with nothing but node:http.
//   node examples/web/node-http.mjs MODEL.gguf           serves http://127.0.0.1:3000/chat
//   node examples/web/node-http.mjs MODEL.gguf --try     asks itself, shows what comes, and ends
//   curl -N localhost:3000/chat -d '{"messages":[{"role":"user","content":"Name a wind."}]}'
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { loadModel } from 'tramontane';
import { respond } from './respond.mjs';
import { tryIt } from './try-it.mjs';

const [file, mode] = process.argv.slice(2);
if (!file) throw new Error('name a model: node examples/web/node-http.mjs MODEL.gguf');
const model = await loadModel(file, { maxQueue: 8 });

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (request.method !== 'POST' || url.pathname !== '/chat') return response.writeHead(404).end();

  // Raised by a client that leaves before the first token. After that, pipeline cancels the body.
  const left = new AbortController();
  response.on('close', () => left.abort());
  try {
    const { messages, maxOutputTokens = 256, temperature } = await json(request);
    const stream = model.streamChat(messages, { maxOutputTokens, temperature, abortSignal: left.signal, idleTimeoutMs: 30_000 });
    const answer = await respond(stream, { format: url.searchParams.get('format') ?? 'text' });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    await pipeline(Readable.fromWeb(answer.body), response);
  } catch {
    // The client has left, or sent no JSON.
    if (!response.headersSent) response.writeHead(400);
    response.end();
  }
});

server.listen(mode === '--try' ? 0 : 3000, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}/chat`;
  console.log(`listening on ${url}`);
  if (mode !== '--try') return;
  await tryIt(url, model);
  server.close();
  server.closeAllConnections();
  await model.close();
});
