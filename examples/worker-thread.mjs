// A model in a worker thread, its text posted to the main one. The engine has threads of its own, so a worker is not
// needed for speed; it helps when the main thread is busy with other work and the text must keep coming.
//   node examples/worker-thread.mjs MODEL.gguf
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { loadModel } from 'tramontane';

if (isMainThread) {
  const [file] = process.argv.slice(2);
  if (!file) throw new Error('name a model: node examples/worker-thread.mjs MODEL.gguf');
  const prompt = 'Name three colours.';
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { file, prompt } });
  worker.on('message', (message) => {
    if (message.type === 'delta') process.stdout.write(message.text);
    else console.log(`\n\n${message.outputTokens} tokens from worker thread ${worker.threadId}`);
  });
} else {
  const model = await loadModel(workerData.file);
  try {
    const stream = model.streamPrompt(workerData.prompt, { maxOutputTokens: 48 });
    for await (const text of stream.textStream) parentPort?.postMessage({ type: 'delta', text });
    const { usage } = await stream.result();
    parentPort?.postMessage({ type: 'done', outputTokens: usage.outputTokens });
  } finally {
    await model.close();
  }
}
