import { describe, expect, it } from 'vitest';
import { newConversation, newReply, requestMessages, titleOf } from '../../../src/server/page/browser/conversation.js';
import { addChunk, describeFigures } from '../../../src/server/page/browser/reply-fold.js';

const user = (content: string) => ({ role: 'user' as const, content });
const reply = (fields: object) => ({ ...newReply(), state: 'done' as const, ...fields });

describe('the messages of a request', () => {
  it('leave out replies of which nothing came, and keep the roles alternating', () => {
    expect(requestMessages([user('a'), reply({}), user('b'), reply({ content: 'c' }), user('d')], 'S')).toEqual([
      { role: 'system', content: 'S' },
      { role: 'user', content: 'a\n\nb' },
      { role: 'assistant', content: 'c' },
      { role: 'user', content: 'd' },
    ]);
  });

  it('have an answer to each call, and reasoning only while tools are called', () => {
    const calls = [{ id: '1', name: 'f', input: '{}', result: 'r' }, { id: '2', name: 'g', input: '{}' }];
    const called = reply({ reasoning: 'think', toolCalls: calls });
    expect(requestMessages([user('a'), called], ' ')).toMatchObject([
      { role: 'user' },
      { role: 'assistant', reasoning_content: 'think', tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '{}' } }, { id: '2' }] },
      { role: 'tool', tool_call_id: '1', content: 'r' },
      { role: 'tool', tool_call_id: '2', content: 'There is no result: the call was not made.' },
    ]);
    expect(requestMessages([user('a'), called, user('b')], '')[1]).not.toHaveProperty('reasoning_content');
  });

  it('do not change those of the conversation', () => {
    const messages = [user('a'), user('b')];
    requestMessages(messages, '');
    expect(messages).toEqual([user('a'), user('b')]);
  });
});

describe('a reply', () => {
  it('is put together from its chunks, with what it took', () => {
    const folded = newReply();
    addChunk(folded, { model: 'm', choices: [{ delta: { content: '' } }] }, 5);
    addChunk(folded, { choices: [{ delta: { reasoning_content: 'r' } }] }, 100);
    addChunk(folded, { choices: [{ delta: { content: 'a' } }, { delta: { tool_calls: [{ index: 0, id: 'i', function: { name: 'f', arguments: '{' } }] } }] }, 200);
    addChunk(folded, { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: '}' } }] }, finish_reason: 'tool_calls' }] }, 600);
    addChunk(folded, { choices: [], usage: { completion_tokens: 11 } }, 700);
    expect(folded).toMatchObject({ content: 'a', reasoning: 'r', toolCalls: [{ id: 'i', name: 'f', input: '{}' }], finishReason: 'tool_calls', model: 'm' });
    expect(describeFigures({ ...folded, state: 'done' })).toBe('11 tokens · 20.0 tokens/s · first after 0.10 s · m');
  });

  it('without a count of tokens has no speed', () => {
    expect(describeFigures({ ...newReply(), figures: { firstMs: 1000, lastMs: 2000 } })).toBe('first after 1.00 s');
  });
});

it('a conversation goes by the first line of its first message', () => {
  expect(titleOf(newConversation())).toBe('New conversation');
  expect(titleOf({ ...newConversation(), messages: [user('  a 🌬️\nb')] })).toBe('a 🌬️');
  expect(titleOf({ ...newConversation(), messages: [user('x'.repeat(500))] })).toHaveLength(80);
});
