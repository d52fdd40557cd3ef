/** Cuts text into the data of server-sent events, however the text was cut on its way. Names and ids are passed over. */
export class EventData {
  #rest = '';
  /** @type {string[]} */
  #lines = [];
  #endedInReturn = false;

  /**
   * @param {string} text
   * @returns {string[]} The data of the events that are whole now.
   */
  push(text) {
    if (text === '') return [];
    // The other half of a line end, whose first half was one already.
    const fresh = this.#endedInReturn && text.startsWith('\n') ? text.slice(1) : text;
    this.#endedInReturn = text.endsWith('\r');
    const lines = (this.#rest + fresh).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#takeLine(line));
  }

  /** @param {string} line */
  #takeLine(line) {
    if (line === '') {
      const events = this.#lines.length === 0 ? [] : [this.#lines.join('\n')];
      this.#lines = [];
      return events;
    }
    const field = /^data(?:: ?(.*))?$/s.exec(line);
    if (field) this.#lines.push(field[1] ?? '');
    return [];
  }
}

/**
 * Reads a body to its end, or until `onData` throws.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {(data: string) => void} onData - with the data of each event
 */
export async function readEventData(body, onData) {
  const events = new EventData();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      for (const data of events.push(decoder.decode(value, { stream: !done }))) onData(data);
      if (done) return;
    }
  } finally {
    // Where `onData` threw there may be more to come, which nobody wants.
    reader.cancel().catch(() => undefined);
  }
}
