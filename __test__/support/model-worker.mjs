// A worker that serves a model to its parent, and one that reads its parent's model, by `workerData.role`.
import { parentPort, workerData } from 'node:worker_threads';
import { loadModel } from '../../dist/index.js';
import { connectPort, serveModel } from '../../dist/port/index.js';

const { role, path, prompt, options, port } = workerData;
if (role === 'serve') {
  serveModel(parentPort, loadModel(path));
} else {
  const model = await connectPort(port);
  const deltas = [];
  const stream = model.streamPrompt(prompt, options);
  for await (const delta of stream.textStream) deltas.push(delta);
  parentPort.postMessage({ deltas, result: await stream.result() });
  await model.close();
}
