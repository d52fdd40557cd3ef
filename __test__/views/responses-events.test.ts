import { describe, expect, it } from 'vitest';
import { ResponsesDecoder } from '../../src/remote/dialects/responses-decoder.ts';
import { ResponsesEvents } from '../../src/views/responses-events.ts';
import type { ResponsesEvent } from '../../src/views/responses-events.ts';
import { partsOf, transcripts, withoutTimes } from '../remote/transcripts.ts';
import type { Transcript } from '../remote/transcripts.ts';

type Fields = Record<string, unknown>;

const frame = { id: 'resp_7', model: 'test', createdAt: 1_760_000_000 };

function eventsOf({ dialect, body }: Transcript): ResponsesEvent[] {
  const responses = new ResponsesEvents(frame);
  // As a reader gets them: what is sent does not change any more.
  return partsOf(dialect, [body]).flatMap((part) => responses.push(part).map((event) => JSON.parse(JSON.stringify(event)) as ResponsesEvent));
}

/** The rules by which openai-node's accumulator refuses events (src/internal/responses/response-accumulator.ts). */
function brokenRules(events: readonly ResponsesEvent[]): string[] {
  const broken: string[] = [];
  const items: { id: unknown; type: unknown; callId: unknown; parts: number; text: string; done: boolean }[] = [];
  const rule = (holds: boolean, words: string) => void (holds || broken.push(words));
  events.forEach((event, at) => {
    const { type, sequence_number: sequence, output_index: index, item_id: itemId, content_index: contentIndex } = event as ResponsesEvent & Fields;
    const item = (event['item'] ?? {}) as Fields;
    const known = items[Number(index)];
    rule(sequence === at, `${type}: sequence_number ${sequence} at ${at}`);
    rule((at === 0) === (type === 'response.created'), `${type} at ${at}`);
    rule(/^response\.(completed|incomplete|failed)$/.test(type) === (at === events.length - 1), `${type} at ${at} of ${events.length}`);
    if (type === 'response.output_item.added') {
      rule(index === items.length, `${type}: output_index ${String(index)}`);
      rule(!items.some(({ id }) => id === item['id']), `${type}: id ${String(item['id'])} again`);
      rule(item['call_id'] === undefined || !items.some(({ callId }) => callId === item['call_id']), `${type}: call_id again`);
      items.push({ id: item['id'], type: item['type'], callId: item['call_id'], parts: 0, text: '', done: false });
    } else if (index !== undefined) {
      rule(known !== undefined && !known.done, `${type}: item ${String(index)} is not open`);
      if (!known) return;
      if (type === 'response.output_item.done') {
        rule(item['id'] === known.id && item['type'] === known.type && item['call_id'] === known.callId, `${type}: another item`);
        known.done = true;
      } else rule(itemId === known.id, `${type}: item_id ${String(itemId)}`);
      if (type === 'response.content_part.added') rule(contentIndex === known.parts++, `${type}: content_index ${String(contentIndex)}`);
      else if (contentIndex !== undefined) rule(Number(contentIndex) < known.parts, `${type}: content_index ${String(contentIndex)}`);
      if (type.endsWith('.delta')) known.text += String(event['delta']);
      if (/(text|arguments)\.done$/.test(type)) rule((event['text'] ?? event['arguments']) === known.text, `${type}: another text`);
    }
  });
  rule(items.every(({ done }) => done), 'an item is left open');
  return broken;
}

describe.each(transcripts)('$name', (transcript) => {
  it('becomes events that keep every rule', () => {
    expect(brokenRules(eventsOf(transcript))).toEqual([]);
  });

  it('comes back from its events as it was', () => {
    const decoder = new ResponsesDecoder();
    const back = eventsOf(transcript).flatMap((event) => decoder.push({ event: event.type, data: JSON.stringify(event) }));
    expect(comparable([...back, ...decoder.end()])).toEqual(comparable(partsOf(transcript.dialect, [transcript.body])));
  });
});

/** What there is no word for in responses is left out, and so is where a call ends among others. */
function comparable(parts: ReturnType<typeof partsOf>): unknown {
  const kept = parts.filter(({ type }) => type !== 'provider-data' && type !== 'log-probabilities' && type !== 'error' && type !== 'tool-call');
  const calls = parts.filter(({ type }) => type === 'tool-call');
  return withoutTimes([...kept, ...calls]);
}

it('an answer in every form becomes the events that the reference has', () => {
  const transcript = transcripts.find(({ name }) => name === 'openai-responses: completed-only');
  expect(transcript && eventsOf(transcript).map(({ type }) => type.replace('response.', ''))).toEqual([
    'created',
    'in_progress',
    'output_item.added',
    'content_part.added',
    'reasoning_text.delta',
    'reasoning_text.done',
    'content_part.done',
    'output_item.done',
    'output_item.added',
    'content_part.added',
    'output_text.delta',
    'output_text.done',
    'content_part.done',
    'output_item.done',
    'output_item.added',
    'function_call_arguments.delta',
    'function_call_arguments.done',
    'output_item.done',
    'completed',
  ]);
});

it('a failure is told twice, as the reference has it', () => {
  const transcript = transcripts.find(({ name }) => name === 'openai-chat: error-frame');
  const last = transcript && eventsOf(transcript).slice(-2);
  expect(last?.map(({ type }) => type)).toEqual(['error', 'response.failed']);
  expect(last?.[1]).toMatchObject({ response: { status: 'failed', error: { code: 'remote-failed' } } });
});
