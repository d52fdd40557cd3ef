/** How often the line is drawn again on a terminal, in milliseconds. */
const REDRAW_MS = 200;
/** How often a line is printed where there is no terminal, in milliseconds. */
const PRINT_MS = 30_000;

/**
 * One live line on standard error. On a terminal it is redrawn in place; elsewhere (a log file, CI) it is printed
 * every 30 seconds, so that a long build is never silent. Standard output stays free for results.
 */
export class ProgressLine {
  /** @type {NodeJS.WritableStream & { isTTY?: boolean, columns?: number }} */
  #stream;
  /** @type {(() => string) | null} */
  #render = null;
  /** @type {NodeJS.Timeout | null} */
  #timer = null;
  #drawn = false;
  #printMs;

  /** @param {{ stream?: NodeJS.WritableStream & { isTTY?: boolean, columns?: number }, printMs?: number }} [options] */
  constructor({ stream = process.stderr, printMs = PRINT_MS } = {}) {
    this.#stream = stream;
    this.#printMs = printMs;
  }

  /**
   * Shows what `render` returns until `stop`; called anew for every drawing, so that a clock in it runs.
   * @param {() => string} render
   */
  start(render) {
    this.stop();
    this.#render = render;
    const everyMs = this.#stream.isTTY ? REDRAW_MS : this.#printMs;
    this.#timer = setInterval(() => this.#draw(), everyMs);
    // The line alone must not keep a process alive whose work has ended.
    this.#timer.unref();
    if (this.#stream.isTTY) this.#draw();
  }

  /**
   * Prints a lasting line above the live one.
   * @param {string} text
   */
  log(text) {
    this.#clear();
    this.#stream.write(text.endsWith('\n') ? text : `${text}\n`);
    if (this.#stream.isTTY) this.#draw();
  }

  /**
   * Ends the live line, leaving `text` in its place if given.
   * @param {string} [text]
   */
  stop(text) {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#render = null;
    this.#clear();
    if (text !== undefined) this.#stream.write(`${text}\n`);
  }

  #draw() {
    if (!this.#render) return;
    const text = this.#render();
    if (!this.#stream.isTTY) {
      this.#stream.write(`${text}\n`);
      return;
    }
    // A line longer than the terminal would wrap, and the next drawing would then leave a copy behind.
    this.#stream.write(`\r\u001b[2K${text.slice(0, (this.#stream.columns || 80) - 1)}`);
    this.#drawn = true;
  }

  #clear() {
    if (this.#drawn) this.#stream.write('\r\u001b[2K');
    this.#drawn = false;
  }
}

/**
 * @param {number} milliseconds
 * @returns {string} Minutes and seconds: `12:40`.
 */
export function formatClock(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/**
 * @param {number} bytes
 * @returns {string} Decimal megabytes: `98.4 MB`.
 */
export function formatBytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
