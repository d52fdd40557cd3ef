// Streams answers with Express.
//   node examples/web/express.mjs MODEL.gguf           serves http://127.0.0.1:3000/chat
//   node examples/web/express.mjs MODEL.gguf --try     asks itself, shows what comes, and ends
//   curl -N localhost:3000/chat --json '{"messages":[{"role":"user","content":"Name a wind."}]}'
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import { loadModel } from 'tramontane';
import { respond } from './respond.mjs';
import { tryIt } from './try-it.mjs';

const [file, mode] = process.argv.slice(2);
if (!file) throw new Error('name a model: node examples/web/express.mjs MODEL.gguf');
const model = await loadModel(file, { maxQueue: 8 });

const app = express();
app.use(express.json());

app.post('/chat', async (request, response) => {
  // Raised by a client that leaves before the first token. After that, pipeline cancels the body.
  const left = new AbortController();
  response.on('close', () => left.abort());
  const { messages, maxOutputTokens = 256, temperature } = request.body;
  const stream = model.streamChat(messages, { maxOutputTokens, temperature, abortSignal: left.signal, idleTimeoutMs: 30_000 });
  const answer = await respond(stream, { format: request.query.format });
  response.status(answer.status).setHeaders(answer.headers);
  // A client that leaves makes pipeline fail, and is no error of ours.
  await pipeline(Readable.fromWeb(answer.body), response).catch(() => {});
});

const server = app.listen(mode === '--try' ? 0 : 3000, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}/chat`;
  console.log(`listening on ${url}`);
  if (mode !== '--try') return;
  await tryIt(url, model);
  server.close();
  server.closeAllConnections();
  await model.close();
});
