import { createParser } from 'eventsource-parser';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { ServerEvent } from './dialect.ts';
import { isWhole, maxEventLength } from './framing.ts';
import type { Framing } from './framing.ts';
import { Utf8Text } from './utf8-text.ts';

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), by `eventsource-parser`. Around
 * it: bytes become text, however characters are split; each kind of line end becomes a line feed, as the parser holds
 * back a line that ends in a carriage return until it has seen what follows; and a last event without its empty line
 * counts where it is whole, since some gateways leave that line out.
 */
export class SseFraming implements Framing {
  readonly #text = new Utf8Text();
  #events: ServerEvent[] = [];
  #afterReturn = false;
  #tooLong = false;
  readonly #parser = createParser({
    maxBufferSize: maxEventLength,
    onEvent: (event) => void this.#events.push(event),
    onError: ({ type }) => {
      // Unknown fields and the like are to be passed over.
      if (type === 'max-buffer-size-exceeded') this.#tooLong = true;
    },
  });

  /** What is too long to be an event ends it all: the parser has lost its place. */
  get ended(): boolean {
    return this.#tooLong;
  }

  push(bytes: Uint8Array): ServerEvent[] {
    this.#feed(this.#text.push(bytes));
    return this.#take();
  }

  end(): ServerEvent[] {
    this.#feed(this.#text.end());
    if (this.#tooLong) {
      throw new TramontaneError('remote-failed', `the server sent an event of more than ${maxEventLength} characters`);
    }
    const complete = this.#take();
    this.#feed('\n\n');
    return [...complete, ...this.#take().filter(({ data }) => isWhole(data))];
  }

  #feed(text: string): void {
    if (text === '' || this.#tooLong) return;
    let lines = text;
    if (this.#afterReturn && lines.startsWith('\n')) lines = lines.slice(1);
    this.#afterReturn = text.endsWith('\r');
    if (lines.includes('\r')) lines = lines.replace(/\r\n?/g, '\n');
    this.#parser.feed(lines);
  }

  #take(): ServerEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
