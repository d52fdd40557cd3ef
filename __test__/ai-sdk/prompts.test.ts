import type { LanguageModelV3Prompt, LanguageModelV4Message, LanguageModelV4Prompt, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { tramontane as tramontaneV3 } from '../../src/ai-sdk/v3/index.ts';
import type { ChatMessage } from '../../src/index.ts';
import { readAll } from '../support/read-stream.ts';
import { partsModel, partsOf, userAsks } from './parts-model.ts';

/** What a prompt becomes, and the features that warnings name. */
async function converted(prompt: LanguageModelV4Prompt): Promise<{ messages: readonly ChatMessage[]; features: unknown[] }> {
  const { asked, requests } = partsModel([['a']]);
  const [start] = await partsOf(asked, { prompt });
  const warnings = start?.type === 'stream-start' ? start.warnings : [];
  return { messages: requests[0]?.messages ?? [], features: warnings.map((warning) => 'feature' in warning && warning.feature) };
}

const answeredBy = (output: LanguageModelV4ToolResultOutput): LanguageModelV4Message => ({
  role: 'tool',
  content: [{ type: 'tool-result', toolCallId: 'c', toolName: 'weather', output }],
});

const image = new Uint8Array([137, 80, 78, 71]);

describe('a prompt', () => {
  it('becomes a conversation, with the texts of a message joined', async () => {
    const { messages, features } = await converted([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'What is the weather ' }, { type: 'text', text: 'in Genova?' }] },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'I should look.' },
          { type: 'text', text: 'One moment.' },
          { type: 'tool-call', toolCallId: 'c', toolName: 'weather', input: { city: 'Genova' } },
        ],
      },
      answeredBy({ type: 'json', value: { degrees: 21 } }),
    ]);
    expect(messages).toMatchInlineSnapshot(`
      [
        {
          "content": "Be brief.",
          "role": "system",
        },
        {
          "content": "What is the weather in Genova?",
          "role": "user",
        },
        {
          "content": "One moment.",
          "reasoning": "I should look.",
          "role": "assistant",
          "toolCalls": [
            {
              "input": {
                "city": "Genova",
              },
              "toolCallId": "c",
              "toolName": "weather",
            },
          ],
        },
        {
          "content": "{"degrees":21}",
          "role": "tool",
          "toolCallId": "c",
          "toolName": "weather",
        },
      ]
    `);
    expect(features).toEqual([]);
  });

  it.each<[string, LanguageModelV4ToolResultOutput, string]>([
    ['text', { type: 'text', value: 'warm' }, 'warm'],
    ['json', { type: 'json', value: [1, null] }, '[1,null]'],
    ['error-text', { type: 'error-text', value: 'no such city' }, 'no such city'],
    ['error-json', { type: 'error-json', value: { code: 404 } }, '{"code":404}'],
    ['execution-denied', { type: 'execution-denied', reason: 'not today' }, 'not today'],
    ['execution-denied without a reason', { type: 'execution-denied' }, 'The execution of the tool was denied.'],
    ['content', { type: 'content', value: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }] }, 'a\nb'],
  ])('tells the model a result of type %s', async (_, output, content) => {
    const { messages, features } = await converted([...userAsks, answeredBy(output)]);
    expect(messages[1]).toEqual({ role: 'tool', toolCallId: 'c', toolName: 'weather', content });
    expect(features).toEqual([]);
  });

  it('leaves an image out of a tool result, and says so to the model and by a warning', async () => {
    const file = { type: 'file' as const, data: { type: 'data' as const, data: image }, mediaType: 'image/png' };
    const { messages, features } = await converted([...userAsks, answeredBy({ type: 'content', value: [{ type: 'text', text: 'a' }, file] })]);
    expect(messages[1]?.content).toBe('a\n[image/png: left out, as the model takes text only]');
    expect(features).toEqual(['file in a tool result']);
  });

  it.each([
    [{ type: 'text' as const, text: 'wind' }],
    [{ type: 'data' as const, data: new TextEncoder().encode('wind') }],
    [{ type: 'data' as const, data: btoa('wind') }],
  ])('reads a file of text (%o)', async (data) => {
    const { messages } = await converted([{ role: 'user', content: [{ type: 'file', mediaType: 'text/plain', data }] }]);
    expect(messages).toEqual([{ role: 'user', content: 'wind' }]);
  });

  it('with an image of the user is refused, with its place', async () => {
    const { asked, requests } = partsModel([['a']]);
    const content = [{ type: 'text' as const, text: 'What is this?' }, { type: 'file' as const, mediaType: 'image/png', data: { type: 'data' as const, data: image } }];
    await expect(asked.doStream({ prompt: [{ role: 'user', content }] })).rejects.toMatchObject({
      code: 'invalid-argument',
      field: 'prompt[0].content[1]',
      message: expect.stringContaining('image/png'),
      isRetryable: false,
    });
    expect(requests).toEqual([]);
  });

  it('may have gone through models that gave what is no text, which is left out with a warning', async () => {
    const { messages, features } = await converted([
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Here it is.' },
          { type: 'file', mediaType: 'image/png', data: { type: 'data', data: image } },
          { type: 'custom', kind: 'other.note' },
          { type: 'tool-result', toolCallId: 's', toolName: 'search', output: { type: 'text', value: 'found' } },
        ],
      },
      ...userAsks,
    ]);
    expect(messages.slice(0, 2)).toEqual([
      { role: 'assistant', content: 'Here it is.' },
      { role: 'tool', toolCallId: 's', toolName: 'search', content: 'found' },
    ]);
    expect(features).toEqual(['file in an assistant message', 'custom in an assistant message']);
  });

  it('of version 3 has its files read as well', async () => {
    const { model, requests } = partsModel([['a']]);
    const prompt: LanguageModelV3Prompt = [
      { role: 'user', content: [{ type: 'file', mediaType: 'text/plain', data: new TextEncoder().encode('wind') }] },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'c',
            toolName: 't',
            output: { type: 'content', value: [{ type: 'image-data', data: 'AAAA', mediaType: 'image/png' }, { type: 'text', text: 'b' }] },
          },
        ],
      },
    ];
    const { stream } = await tramontaneV3(model).doStream({ prompt });
    const [start] = await readAll(stream);
    expect(requests[0]?.messages.map(({ content }) => content)).toEqual(['wind', '[image/png: left out, as the model takes text only]\nb']);
    expect(start).toMatchObject({ warnings: [{ feature: 'image-data in a tool result' }] });
    const url = new URL('https://example.org/a.png');
    const asking = tramontaneV3(model).doStream({ prompt: [{ role: 'user', content: [{ type: 'file', mediaType: 'image/png', data: url }] }] });
    await expect(asking).rejects.toMatchObject({ field: 'prompt[0].content[0]' });
  });
});
