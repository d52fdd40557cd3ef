import { describe, expect, it } from 'vitest';
import { TramontaneError } from '../../src/index.ts';
import { part } from '../support/parts.ts';
import { answerOf, partsModel, partsOf, userAsks } from './parts-model.ts';

describe('the stream of a call', () => {
  it('begins with warnings and the model, has its text in one block, and ends with reason and usage', async () => {
    const { asked } = partsModel([['Hel', 'lo', part.finish()]]);
    expect(await partsOf(asked)).toMatchInlineSnapshot(`
      [
        {
          "type": "stream-start",
          "warnings": [],
        },
        {
          "modelId": "parts",
          "type": "response-metadata",
        },
        {
          "id": "text-0",
          "type": "text-start",
        },
        {
          "delta": "Hel",
          "id": "text-0",
          "type": "text-delta",
        },
        {
          "delta": "lo",
          "id": "text-0",
          "type": "text-delta",
        },
        {
          "id": "text-0",
          "type": "text-end",
        },
        {
          "finishReason": {
            "raw": "stop",
            "unified": "stop",
          },
          "providerMetadata": {
            "tramontane": {
              "timings": {
                "decodeMs": 5,
                "firstTokenMs": 4,
                "pausedMs": 0,
                "prefillMs": 2,
                "queuedMs": 1,
                "stopMs": null,
                "tokensPerSecond": 400,
                "totalMs": 8,
              },
            },
          },
          "type": "finish",
          "usage": {
            "inputTokens": {
              "cacheRead": 1,
              "cacheWrite": undefined,
              "noCache": 2,
              "total": 3,
            },
            "outputTokens": {
              "reasoning": undefined,
              "text": undefined,
              "total": 2,
            },
            "raw": {
              "cachedInputTokens": 1,
              "inputTokens": 3,
              "outputTokens": 2,
              "totalTokens": 5,
            },
          },
        },
      ]
    `);
  });

  it('keeps reasoning, text and calls apart, in their order', async () => {
    const { asked } = partsModel([
      [
        part.thought('Let me '),
        part.thought('look.'),
        'One ',
        'moment.',
        part.toolStart(0, 'call-1', 'weather'),
        part.toolDelta(0, 'call-1', '{"city":'),
        part.toolDelta(0, '', '"Genova"}'),
        part.tool(0, 'call-1', 'weather', { city: 'Genova' }),
        part.thought('Done.'),
      ],
    ]);
    expect((await answerOf(asked)).slice(0, -1)).toMatchInlineSnapshot(`
      [
        {
          "id": "reasoning-0",
          "type": "reasoning-start",
        },
        {
          "delta": "Let me ",
          "id": "reasoning-0",
          "type": "reasoning-delta",
        },
        {
          "delta": "look.",
          "id": "reasoning-0",
          "type": "reasoning-delta",
        },
        {
          "id": "reasoning-0",
          "type": "reasoning-end",
        },
        {
          "id": "text-1",
          "type": "text-start",
        },
        {
          "delta": "One ",
          "id": "text-1",
          "type": "text-delta",
        },
        {
          "delta": "moment.",
          "id": "text-1",
          "type": "text-delta",
        },
        {
          "id": "text-1",
          "type": "text-end",
        },
        {
          "id": "call-1",
          "toolName": "weather",
          "type": "tool-input-start",
        },
        {
          "delta": "{"city":",
          "id": "call-1",
          "type": "tool-input-delta",
        },
        {
          "delta": ""Genova"}",
          "id": "call-1",
          "type": "tool-input-delta",
        },
        {
          "id": "call-1",
          "type": "tool-input-end",
        },
        {
          "input": "{"city":"Genova"}",
          "toolCallId": "call-1",
          "toolName": "weather",
          "type": "tool-call",
        },
        {
          "id": "reasoning-2",
          "type": "reasoning-start",
        },
        {
          "delta": "Done.",
          "id": "reasoning-2",
          "type": "reasoning-delta",
        },
        {
          "id": "reasoning-2",
          "type": "reasoning-end",
        },
      ]
    `);
  });

  it('gives a call that came in one part with its arguments as one delta', async () => {
    const { asked } = partsModel([[part.tool(0, 'call-1', 'weather', { city: 'Genova' })]]);
    expect((await answerOf(asked)).slice(0, -1)).toMatchInlineSnapshot(`
      [
        {
          "id": "call-1",
          "toolName": "weather",
          "type": "tool-input-start",
        },
        {
          "delta": "{"city":"Genova"}",
          "id": "call-1",
          "type": "tool-input-delta",
        },
        {
          "id": "call-1",
          "type": "tool-input-end",
        },
        {
          "input": "{"city":"Genova"}",
          "toolCallId": "call-1",
          "toolName": "weather",
          "type": "tool-call",
        },
      ]
    `);
  });

  it('tells calls apart that are written at the same time, and that have no ids', async () => {
    const { asked } = partsModel([
      [part.toolStart(0, '', 'a'), part.toolStart(1, '', 'b'), part.toolDelta(0, '', '{"x":1}'), part.toolDelta(1, '', '{"x":2}'), part.finish('tool-calls')],
    ]);
    const calls = (await answerOf(asked)).filter((answer) => answer.type === 'tool-call');
    expect(calls.map(({ toolName, input }) => [toolName, input])).toEqual([
      ['a', '{"x":1}'],
      ['b', '{"x":2}'],
    ]);
    expect(new Set(calls.map(({ toolCallId }) => toolCallId)).size).toBe(2);
    expect(calls[0]?.toolCallId).not.toBe('');
  });

  it('gives no call whose arguments were cut off, even where they can be parsed', async () => {
    const { asked } = partsModel([[part.toolStart(0, 'c', 'a'), part.toolDelta(0, 'c', '{"x":1}'), part.finish('length')]]);
    expect((await answerOf(asked)).map(({ type }) => type)).toEqual(['tool-input-start', 'tool-input-delta', 'tool-input-end', 'finish']);
  });

  it('gives an empty object for a call without arguments', async () => {
    const { asked } = partsModel([[part.toolStart(0, 'c', 'a'), part.finish('tool-calls')]]);
    expect(await answerOf(asked)).toContainEqual({ type: 'tool-call', toolCallId: 'c', toolName: 'a', input: '{}' });
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool-calls', 'tool-calls'],
    ['error', 'error'],
    ['aborted', 'other'],
  ] as const)('finishes with reason %s as %s', async (finishReason, unified) => {
    const { asked } = partsModel([['a', part.finish(finishReason)]]);
    expect((await partsOf(asked)).at(-1)).toMatchObject({ type: 'finish', finishReason: { unified, raw: finishReason } });
  });

  it('says that usage is unknown where nobody has counted', async () => {
    const { asked } = partsModel([['a']]);
    expect((await partsOf(asked)).at(-1)).toMatchObject({
      usage: { inputTokens: { total: undefined, cacheRead: undefined }, outputTokens: { total: undefined } },
    });
  });

  it('counts what was still known of the prompt as read from the cache', async () => {
    const usage = { inputTokens: 10, outputTokens: 3, totalTokens: 13, cachedInputTokens: 8 };
    const { asked } = partsModel([['a', { ...(part.finish() as object), usage } as never]]);
    expect((await partsOf(asked)).at(-1)).toMatchObject({
      usage: { inputTokens: { total: 10, noCache: 2, cacheRead: 8 }, outputTokens: { total: 3 }, raw: usage },
    });
  });

  it('has our own parts too where raw chunks are asked for', async () => {
    const { asked } = partsModel([['a', part.finish()]]);
    const raw = (await partsOf(asked, { includeRawChunks: true })).filter(({ type }) => type === 'raw');
    expect(raw).toEqual([
      { type: 'raw', rawValue: part.text('a') },
      { type: 'raw', rawValue: part.finish() },
    ]);
  });

  it('tells how likely tokens were at its end', async () => {
    const { asked } = partsModel([[part.likely('a'), 'a', part.finish()]]);
    expect((await partsOf(asked)).at(-1)).toMatchObject({ providerMetadata: { tramontane: { logProbabilities: [{ text: 'a' }] } } });
  });

  it('ends with an error part and a finish where it fails in the middle', async () => {
    const { asked } = partsModel([['Hel', new TramontaneError('connection-lost', 'gone')]]);
    const [start, delta, end, error, finish] = await answerOf(asked);
    expect([start?.type, delta?.type, end?.type]).toEqual(['text-start', 'text-delta', 'text-end']);
    expect(error).toMatchObject({ type: 'error', error: { code: 'connection-lost', message: 'gone', isRetryable: false } });
    expect(finish).toMatchObject({ type: 'finish', finishReason: { unified: 'error', raw: 'connection-lost' } });
  });

  it('rejects where it fails before anything has come', async () => {
    const { asked } = partsModel([[new TramontaneError('queue-full', 'busy', { retryAfterMs: 70 })]]);
    await expect(asked.doStream({ prompt: userAsks })).rejects.toMatchObject({
      code: 'queue-full',
      isRetryable: true,
      responseHeaders: { 'retry-after-ms': '70' },
    });
  });
});

describe('what a remote engine wants to see again', () => {
  const data = { dialect: 'anthropic', data: { signature: 'abc' } };
  const giving = { type: 'provider-data', ...data } as const;
  const carried = { providerMetadata: { tramontane: { providerData: [data] } } };

  it.each([
    ['the end of the block it follows', [part.thought('hm'), giving, 'a'], { type: 'reasoning-end', id: 'reasoning-0' }],
    ['the call it comes before', [giving, part.tool(0, 'c', 't', {})], { type: 'tool-call', toolCallId: 'c', toolName: 't', input: '{}' }],
    ['a block without text where nothing follows', [giving], { type: 'reasoning-end', id: 'reasoning-0' }],
  ])('goes along with %s', async (_, script, expected) => {
    const { asked } = partsModel([script]);
    expect(await answerOf(asked)).toContainEqual({ ...expected, ...carried });
  });

  it('goes back with the message', async () => {
    const { asked, requests } = partsModel([['a']]);
    const content = [{ type: 'reasoning' as const, text: 'hm', providerOptions: carried.providerMetadata }];
    await partsOf(asked, { prompt: [{ role: 'assistant', content }, ...userAsks] });
    expect(requests[0]?.messages[0]).toEqual({ role: 'assistant', content: '', reasoning: 'hm', providerData: [data] });
  });
});

describe('a call without a stream', () => {
  it('is what the parts of its stream come to', async () => {
    const { asked } = partsModel([[part.thought('Hm.'), 'One ', 'moment.', part.tool(0, 'c', 'weather', { city: 'Genova' }), part.finish('tool-calls')]]);
    const { response, ...result } = await asked.doGenerate({ prompt: userAsks });
    expect(response).toEqual({ modelId: 'parts', timestamp: expect.any(Date) });
    expect(result).toMatchInlineSnapshot(`
      {
        "content": [
          {
            "text": "Hm.",
            "type": "reasoning",
          },
          {
            "text": "One moment.",
            "type": "text",
          },
          {
            "input": "{"city":"Genova"}",
            "toolCallId": "c",
            "toolName": "weather",
            "type": "tool-call",
          },
        ],
        "finishReason": {
          "raw": "tool-calls",
          "unified": "tool-calls",
        },
        "providerMetadata": {
          "tramontane": {
            "timings": {
              "decodeMs": 5,
              "firstTokenMs": 4,
              "pausedMs": 0,
              "prefillMs": 2,
              "queuedMs": 1,
              "stopMs": null,
              "tokensPerSecond": 400,
              "totalMs": 8,
            },
          },
        },
        "request": {
          "body": {
            "frequencyPenalty": undefined,
            "maxOutputTokens": undefined,
            "messages": [
              {
                "content": "Hi",
                "role": "user",
              },
            ],
            "presencePenalty": undefined,
            "responseFormat": undefined,
            "seed": undefined,
            "stopSequences": undefined,
            "temperature": undefined,
            "topK": undefined,
            "topP": undefined,
          },
        },
        "usage": {
          "inputTokens": {
            "cacheRead": 1,
            "cacheWrite": undefined,
            "noCache": 2,
            "total": 3,
          },
          "outputTokens": {
            "reasoning": undefined,
            "text": undefined,
            "total": 2,
          },
          "raw": {
            "cachedInputTokens": 1,
            "inputTokens": 3,
            "outputTokens": 2,
            "totalTokens": 5,
          },
        },
        "warnings": [],
      }
    `);
  });

  it('rejects where it fails in the middle, with what there was', async () => {
    const { asked } = partsModel([['Hel', new TramontaneError('engine-failed', 'out of order')]]);
    await expect(asked.doGenerate({ prompt: userAsks })).rejects.toMatchObject({ code: 'engine-failed', name: 'TramontaneError' });
  });
});
