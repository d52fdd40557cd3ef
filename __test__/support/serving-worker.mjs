// A worker that serves a model which ticks for as long as it is read.
import { parentPort } from 'node:worker_threads';
import { serveModel } from '../../dist/port/index.js';
import { scriptedStream } from '../../dist/testing/scripted-stream.js';

const ticking = () => scriptedStream(Array.from({ length: 10_000 }, () => 'tick '), { stepMs: 5 });
serveModel(parentPort, { info: { model: 'ticking' }, streamCompletion: ticking, metrics: () => ({}) });
