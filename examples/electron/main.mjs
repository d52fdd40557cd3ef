// Electron's main process: it starts the process with the model, opens windows, and gives each of them a port to it. It
// sees no token itself.
//   npx electron examples/electron/main.mjs MODEL.gguf
import { join } from 'node:path';
import { BrowserWindow, MessageChannelMain, app, utilityProcess } from 'electron';
import { connectWindow } from './connect-window.mjs';

const folder = import.meta.dirname;
const modelFile = app.isPackaged ? join(process.resourcesPath, 'model.gguf') : (process.argv.at(-1) ?? 'model.gguf');

function startModelProcess() {
  const started = utilityProcess.fork(join(folder, 'model-process.mjs'), [modelFile], { serviceName: 'model' });
  started.once('exit', (code) => {
    if (code === 0) return;
    // It has crashed. Streams that ran have failed with `connection-lost`; every window gets a port to a new one.
    modelProcess = startModelProcess();
    for (const window of BrowserWindow.getAllWindows()) connectWindow(modelProcess, window.webContents, new MessageChannelMain());
  });
  return started;
}

function openWindow() {
  const window = new BrowserWindow({ width: 720, height: 560, webPreferences: { preload: join(folder, 'preload.cjs') } });
  // After each load: the port of the page before has closed with it, and its streams were cancelled by that.
  window.webContents.on('did-finish-load', () => connectWindow(modelProcess, window.webContents, new MessageChannelMain()));
  void window.loadFile(join(folder, 'index.html'));
}

await app.whenReady();
let modelProcess = startModelProcess();
openWindow();
app.on('activate', () => {
  if (BrowserWindow.getAllWindows().length === 0) openWindow();
});
app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit();
});
