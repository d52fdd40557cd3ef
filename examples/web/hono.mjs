// Streams answers with Hono. Its app is a fetch handler: the same file runs wherever Node's native modules do.
//   node examples/web/hono.mjs MODEL.gguf           serves http://127.0.0.1:3000/chat
//   node examples/web/hono.mjs MODEL.gguf --try     asks itself, shows what comes, and ends
//   curl -N localhost:3000/chat --json '{"messages":[{"role":"user","content":"Name a wind."}]}'
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { loadModel } from 'tramontane';
import { respond } from './respond.mjs';
import { tryIt } from './try-it.mjs';

const [file, mode] = process.argv.slice(2);
if (!file) throw new Error('name a model: node examples/web/hono.mjs MODEL.gguf');
const model = await loadModel(file, { maxQueue: 8 });

const app = new Hono();
app.post('/chat', async (context) => {
  const { messages, maxOutputTokens = 256, temperature } = await context.req.json();
  // The signal is raised by a client that leaves before the first token. After that, the body is cancelled.
  const abortSignal = context.req.raw.signal;
  const stream = model.streamChat(messages, { maxOutputTokens, temperature, abortSignal, idleTimeoutMs: 30_000 });
  return respond(stream, { format: context.req.query('format') });
});

const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: mode === '--try' ? 0 : 3000 }, async ({ port }) => {
  const url = `http://127.0.0.1:${port}/chat`;
  console.log(`listening on ${url}`);
  if (mode !== '--try') return;
  await tryIt(url, model);
  server.close();
  server.closeAllConnections();
  await model.close();
});
