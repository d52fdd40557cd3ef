// The utility process: it has the model, and serves it to every window.
import { loadModel } from 'tramontane';
import { serveWindows } from './serve-windows.mjs';

const file = process.argv.at(-1) ?? 'model.gguf';
// Windows can connect before it is loaded. Where the load fails, they get its error.
serveWindows(process.parentPort, loadModel(file));
