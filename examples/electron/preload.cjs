// A sandboxed preload script, which has to be CommonJS: it hands the port on to the page, which has no access to Electron.
const { ipcRenderer } = require('electron');

// To the page itself and to nobody else: the port goes along as something that only one can have.
ipcRenderer.on('model-port', ({ ports }) => window.postMessage('model-port', '*', ports));
