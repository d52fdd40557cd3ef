// A model in a worker thread, read from the main one as if it were here. The engine has threads of its own, so a worker is
// not needed for speed; it helps when a thread is busy with other work and the text must keep coming.
//   node examples/worker-thread.mjs MODEL.gguf
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { loadModel } from 'tramontane';
import { connectPort, serveModel } from 'tramontane/port';

if (isMainThread) {
  const [file] = process.argv.slice(2);
  if (!file) throw new Error('name a model: node examples/worker-thread.mjs MODEL.gguf');
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { file } });
  const model = await connectPort(worker);
  const stream = model.streamPrompt('Name three colours.', { maxOutputTokens: 48 });
  for await (const text of stream.textStream) process.stdout.write(text);
  const { usage } = await stream.result();
  console.log(`\n\n${usage.outputTokens} tokens from worker thread ${worker.threadId}`);
  await model.close();
} else if (parentPort) {
  const model = await loadModel(workerData.file);
  // Over when the other side has closed its end; then nothing keeps this thread.
  await serveModel(parentPort, model).closed;
  await model.close();
}
