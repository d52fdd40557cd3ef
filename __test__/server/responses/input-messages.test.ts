import { describe, expect, it } from 'vitest';
import { inputMessages } from '../../../src/server/responses/input-messages.ts';
import type { Earlier } from '../../../src/server/responses/input-messages.ts';
import { errorOf } from '../../support/error-of.ts';

const nothing: Earlier = { messages: [], itemById: () => undefined };
const messagesOf = (input: unknown, earlier = nothing) => inputMessages(input, earlier).messages;

describe('the input of a response', () => {
  it('is a user message where it is a text', () => {
    expect(messagesOf('Hi')).toEqual([{ role: 'user', content: 'Hi' }]);
  });

  it('may be left out, where an earlier response says what is answered', () => {
    expect(messagesOf(undefined)).toEqual([]);
    expect(messagesOf(null)).toEqual([]);
  });

  it('takes messages with a type or without, with text or with parts', () => {
    expect(
      messagesOf([
        { role: 'developer', content: 'Be kind.' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hel' }, { type: 'input_text', text: 'lo' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi', annotations: [] }] },
        { role: 'user', content: 'More' },
      ]),
    ).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'More' },
    ]);
  });

  it('makes one turn of the items that the model wrote in one', () => {
    expect(
      messagesOf([
        { role: 'user', content: 'Weather?' },
        { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'Look it up.' }] },
        { type: 'message', role: 'assistant', content: 'Let me see.' },
        { type: 'function_call', call_id: 'a', name: 'weather', arguments: '{"city":"Bern"}' },
        { type: 'function_call', call_id: 'b', name: 'weather', arguments: '{broken' },
        { type: 'function_call_output', call_id: 'a', output: 'sunny' },
        { type: 'function_call_output', call_id: 'b', output: [{ type: 'input_text', text: 'rain' }] },
      ]),
    ).toEqual([
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: 'Let me see.',
        reasoning: 'Look it up.',
        toolCalls: [
          { toolCallId: 'a', toolName: 'weather', input: { city: 'Bern' }, inputText: '{"city":"Bern"}' },
          { toolCallId: 'b', toolName: 'weather', input: undefined, inputText: '{broken' },
        ],
      },
      { role: 'tool', toolCallId: 'a', toolName: 'weather', content: 'sunny' },
      { role: 'tool', toolCallId: 'b', toolName: 'weather', content: 'rain' },
    ]);
  });

  it('keeps answers apart that follow each other', () => {
    expect(messagesOf([{ role: 'assistant', content: 'One' }, { role: 'assistant', content: 'Two' }])).toEqual([
      { role: 'assistant', content: 'One' },
      { role: 'assistant', content: 'Two' },
    ]);
  });

  it('leaves out reasoning that nothing followed', () => {
    expect(messagesOf([{ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm' }] }, { role: 'user', content: 'Hi' }])).toEqual([
      { role: 'user', content: 'Hi' },
    ]);
  });

  it('names the tool of an output whose call was in an earlier response', () => {
    const messages = [{ role: 'assistant', content: '', toolCalls: [{ toolCallId: 'a', toolName: 'weather', inputText: '{}' }] }] as const;
    expect(messagesOf([{ type: 'function_call_output', call_id: 'a', output: 'sunny' }], { ...nothing, messages })).toMatchObject([{ toolName: 'weather' }]);
  });

  it('takes an item from an earlier response where only its id is sent', () => {
    const itemById = (id: string) => (id === 'msg_1_0' ? { id, type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] } : undefined);
    const { items, messages } = inputMessages([{ type: 'item_reference', id: 'msg_1_0' }], { ...nothing, itemById });
    expect(messages).toEqual([{ role: 'assistant', content: 'Hi' }]);
    expect(items).toMatchObject([{ id: 'msg_1_0', type: 'message' }]);
    expect(errorOf(() => messagesOf([{ type: 'item_reference', id: 'msg_2_0' }]))).toMatchObject({ field: 'input[0].id' });
  });

  it('is listed as items with an id each, their own where they have one', () => {
    const { items } = inputMessages([{ role: 'user', content: 'Hi' }, { type: 'message', id: 'msg_9', role: 'user', content: 'Hi' }], nothing);
    expect(items).toMatchObject([{ id: expect.stringMatching(/^msg_[0-9a-f]{32}$/), type: 'message', role: 'user', content: 'Hi' }, { id: 'msg_9' }]);
  });

  it.each([
    ['input', 7],
    ['input[0]', ['text']],
    ['input[0].role', [{ role: 'tool', content: 'x' }]],
    ['input[0].type', [{ type: 'web_search_call' }]],
    ['input[0].content', [{ role: 'user' }]],
    ['input[0].content[1].type', [{ role: 'user', content: [{ type: 'input_text', text: 'a' }, { type: 'input_image', image_url: 'x' }] }]],
    ['input[0].content[0].text', [{ role: 'user', content: [{ type: 'input_text' }] }]],
    ['input[0].call_id', [{ type: 'function_call', name: 'a', arguments: '' }]],
    ['input[0].output', [{ type: 'function_call_output', call_id: 'a', output: 4 }]],
    ['input[0].summary', [{ type: 'reasoning', id: 'rs_1', summary: 4 }]],
  ])('is refused by its field: %s', (field, input) => {
    expect(errorOf(() => messagesOf(input))).toMatchObject({ code: 'invalid-argument', field });
  });
});
