// A worker, or a child process, that serves a model which ticks for as long as it is read.
import { parentPort } from 'node:worker_threads';
import { serveModel } from '../../dist/port/index.js';
import { scriptedStream } from '../../dist/testing/scripted-stream.js';

let liveSequences = 0;
serveModel(parentPort ?? process, {
  info: { model: 'ticking' },
  streamCompletion() {
    const stream = scriptedStream(Array.from({ length: 10_000 }, () => 'tick '), { stepMs: 5 });
    liveSequences += 1;
    stream.result().finally(() => (liveSequences -= 1)).catch(() => {});
    return stream;
  },
  metrics: () => ({ liveSequences }),
});
