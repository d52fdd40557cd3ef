import { createParser } from 'eventsource-parser';
import type { Dialect, ServerEvent } from '../../src/remote/dialect.ts';

/** Cuts a body into events, however it is cut into pieces on its way. */
export interface TestFraming {
  push(bytes: Uint8Array): ServerEvent[];
  end(): ServerEvent[];
}

/** The one place where the tests of dialects know how bodies are framed. */
export function framingOf({ framing }: Dialect): TestFraming {
  return framing === 'sse' ? sseFraming() : lineFraming();
}

function sseFraming(): TestFraming {
  const decoder = new TextDecoder();
  let events: ServerEvent[] = [];
  const parser = createParser({ onEvent: (event) => void events.push(event) });
  let afterReturn = false;
  const feed = (text: string): ServerEvent[] => {
    const lines = (afterReturn && text.startsWith('\n') ? text.slice(1) : text).replace(/\r\n?/g, '\n');
    if (text !== '') afterReturn = text.endsWith('\r');
    parser.feed(lines);
    const taken = events;
    events = [];
    return taken;
  };
  return {
    push: (bytes) => feed(decoder.decode(bytes, { stream: true })),
    end: () => [...feed(decoder.decode()), ...feed('\n\n').filter(({ data }) => isWhole(data))],
  };
}

function lineFraming(): TestFraming {
  const decoder = new TextDecoder();
  let rest = '';
  return {
    push: (bytes) => {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      return lines.filter((line) => line.trim() !== '').map((data) => ({ data }));
    },
    end: () => (isWhole(rest) ? [{ data: rest }] : []),
  };
}

function isWhole(text: string): boolean {
  if (text.trim() === '[DONE]') return true;
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
