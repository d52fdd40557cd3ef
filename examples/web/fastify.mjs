// Streams answers with Fastify, which takes a web Response as it is.
//   node examples/web/fastify.mjs MODEL.gguf           serves http://127.0.0.1:3000/chat
//   node examples/web/fastify.mjs MODEL.gguf --try     asks itself, shows what comes, and ends
//   curl -N localhost:3000/chat --json '{"messages":[{"role":"user","content":"Name a wind."}]}'
import Fastify from 'fastify';
import { loadModel } from 'tramontane';
import { respond } from './respond.mjs';
import { tryIt } from './try-it.mjs';

const [file, mode] = process.argv.slice(2);
if (!file) throw new Error('name a model: node examples/web/fastify.mjs MODEL.gguf');
const model = await loadModel(file, { maxQueue: 8 });

// With the server its connections end: otherwise close() would wait for all answers.
const app = Fastify({ forceCloseConnections: true });
app.addHook('onClose', () => model.close());

app.post('/chat', async (request, reply) => {
  // Raised by a client that leaves before the first token. After that, Fastify cancels the body.
  const left = new AbortController();
  reply.raw.on('close', () => left.abort());
  const { messages, maxOutputTokens = 256, temperature } = request.body;
  const stream = model.streamChat(messages, { maxOutputTokens, temperature, abortSignal: left.signal, idleTimeoutMs: 30_000 });
  return respond(stream, { format: request.query.format });
});

const address = await app.listen({ host: '127.0.0.1', port: mode === '--try' ? 0 : 3000 });
console.log(`listening on ${address}/chat`);
if (mode === '--try') {
  await tryIt(`${address}/chat`, model);
  await app.close();
}
