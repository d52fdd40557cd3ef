import { describe, expect, it } from 'vitest';
import { prepareChat, prepareCompletion, preparePrompt } from '../../src/request/prepare-request.ts';
import type { ChatMessage, CompletionRequest, GenerateOptions } from '../../src/index.ts';

/** The error that options of any shape give. */
function errorOf(prepare: () => unknown): unknown {
  try {
    prepare();
  } catch (error) {
    return error;
  }
  return undefined;
}

const withOptions = (options: unknown) => errorOf(() => preparePrompt('Hi', options as GenerateOptions));
const withMessages = (messages: unknown) => errorOf(() => prepareChat(messages as ChatMessage[]));
const withRequest = (request: unknown) => errorOf(() => prepareCompletion(request as CompletionRequest));
const invalid = (field: string) => expect.objectContaining({ code: 'invalid-argument', field });

describe('what is sent', () => {
  it('is a user message for a prompt, with the defaults filled in', () => {
    expect(JSON.parse(preparePrompt('Hi').json)).toEqual({
      prompt: { messages: [{ role: 'user', content: 'Hi' }] },
      temperature: 0.7,
      topK: 0,
      topP: 1,
    });
  });

  it('is every option as given', () => {
    const { signal } = new AbortController();
    const options = { maxOutputTokens: 5, temperature: 0, topK: 3, topP: 0.5, seed: 2 ** 53 - 1, stopSequences: ['\n'] };
    const { json, abortSignal } = preparePrompt('Hi', { ...options, abortSignal: signal });
    expect(JSON.parse(json)).toMatchObject(options);
    expect(json).not.toContain('abortSignal');
    expect(abortSignal).toBe(signal);
  });

  it('is the conversation, role and content alone', () => {
    const messages = [
      { role: 'system', content: '', id: 7 },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Ho' },
    ] as ChatMessage[];
    expect(JSON.parse(prepareChat(messages).json).prompt.messages).toEqual([
      { role: 'system', content: '' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Ho' },
    ]);
  });

  it('is what an engine wants to see again, as it was', () => {
    const providerData = [{ dialect: 'anthropic', data: { signature: 'c2ln' } }];
    const messages: ChatMessage[] = [{ role: 'assistant', content: 'Ho', providerData }];
    expect(JSON.parse(prepareChat(messages).json).prompt.messages).toEqual(messages);
    for (const odd of ['x', [7], [{ data: 1 }]]) {
      expect(() => prepareChat([{ role: 'assistant', content: '', providerData: odd }] as never)).toThrow('providerData');
    }
  });

  it.each([
    [{ prompt: 'Hi' }, { text: 'Hi' }],
    [{ tokens: [0, 4_294_967_295] }, { tokens: [0, 4_294_967_295] }],
    [{ messages: [{ role: 'user', content: 'Hi' }] }, { messages: [{ role: 'user', content: 'Hi' }] }],
  ] as [CompletionRequest, unknown][])('is the one prompt of %j', (request, prompt) => {
    expect(JSON.parse(prepareCompletion(request).json).prompt).toEqual(prompt);
  });

  it('counts undefined as left out, everywhere', () => {
    const undefinedOptions = Object.fromEntries(
      ['maxOutputTokens', 'temperature', 'topK', 'topP', 'seed', 'stopSequences', 'abortSignal'].map((name) => [name, undefined]),
    );
    expect(preparePrompt('Hi', undefinedOptions)).toEqual(preparePrompt('Hi'));
    const request = { prompt: 'Hi', messages: undefined, tokens: undefined, ...undefinedOptions };
    expect(prepareCompletion(request)).toEqual(prepareCompletion({ prompt: 'Hi' }));
  });

  it('is well-formed text: a lone surrogate becomes U+FFFD', () => {
    expect(JSON.parse(preparePrompt('a\uD83D').json).prompt.messages[0].content).toBe('a\uFFFD');
    expect(JSON.parse(preparePrompt('😀').json).prompt.messages[0].content).toBe('😀');
  });
});

describe('numbers', () => {
  const notNumbers = [Number.NaN, '1', null, true, {}, [], 1n, Symbol('one'), () => 1];
  const cases: [string, unknown[]][] = [
    ['maxOutputTokens', [0, -1, 1.5, Infinity, 2 ** 32, 1e308]],
    ['temperature', [-0.1, -Infinity, Infinity, 100.1, 1e308]],
    ['topK', [-1, 0.5, Infinity, 2 ** 32]],
    ['topP', [0, -0.01, 1.01, Infinity]],
    ['seed', [-1, 0.5, Infinity, 2 ** 53, -(2 ** 53)]],
  ];
  it.each(cases.flatMap(([name, values]) => [...values, ...notNumbers].map((value) => [name, value] as const)))(
    'refuses %s: %s',
    (name, value) => {
      expect(withOptions({ [name]: value })).toEqual(invalid(name));
      expect(withRequest({ prompt: 'Hi', [name]: value })).toEqual(invalid(name));
    },
  );

  it.each([
    ['maxOutputTokens', [1, 2 ** 32 - 1]],
    ['temperature', [0, -0, 0.01, 100]],
    ['topK', [0, 1, 2 ** 32 - 1]],
    ['topP', [1e-9, 1, 0.001]],
    ['seed', [0, -0, 2 ** 53 - 1]],
  ] as [string, number[]][])('takes %s at its bounds', (name, values) => {
    for (const value of values) expect(withOptions({ [name]: value })).toBeUndefined();
  });

  it('says what was expected and what was given', () => {
    expect(withOptions({ temperature: 'hot' })).toMatchObject({
      message: 'temperature must be a number from 0 to 100, not "hot"',
    });
    expect(withOptions({ seed: 0.5 })).toMatchObject({
      message: 'seed must be an integer from 0 to 9007199254740991, not 0.5',
    });
  });
});

describe('stopSequences', () => {
  it.each([
    ['stopSequences', 'stop'],
    ['stopSequences', null],
    ['stopSequences', new Set(['a'])],
    ['stopSequences[0]', ['']],
    ['stopSequences[1]', ['a', 7]],
    ['stopSequences[1]', ['a', undefined]],
    // oxlint-disable-next-line no-sparse-arrays
    ['stopSequences[1]', ['a', , 'b']],
  ])('refuses, naming %s: %j', (field, stopSequences) => {
    expect(withOptions({ stopSequences })).toEqual(invalid(field));
  });

  it('may be empty', () => {
    expect(withOptions({ stopSequences: [] })).toBeUndefined();
  });
});

describe('messages', () => {
  const good = { role: 'user', content: 'Hi' };
  it.each([
    ['messages', undefined],
    ['messages', null],
    ['messages', 'Hi'],
    ['messages', good],
    ['messages', []],
    ['messages[0]', ['Hi']],
    ['messages[1]', [good, null]],
    ['messages[1]', [good, [good]]],
    // oxlint-disable-next-line no-sparse-arrays
    ['messages[1]', [good, , good]],
    ['messages[2].role', [good, good, { role: 'robot', content: 'Hi' }]],
    ['messages[0].role', [{ role: 'User', content: 'Hi' }]],
    ['messages[0].role', [{ content: 'Hi' }]],
    ['messages[0].role', [{ role: ['user'], content: 'Hi' }]],
    ['messages[1].content', [good, { role: 'user' }]],
    ['messages[1].content', [good, { role: 'user', content: null }]],
    ['messages[1].content', [good, { role: 'user', content: [{ type: 'text', text: 'Hi' }] }]],
  ])('refuses, naming %s: %j', (field, messages) => {
    expect(withMessages(messages)).toEqual(invalid(field));
  });
});

describe('prompts', () => {
  it.each([undefined, null, '', 7, ['Hi'], { prompt: 'Hi' }])('refuses %j', (prompt) => {
    expect(errorOf(() => preparePrompt(prompt as string))).toEqual(invalid('prompt'));
  });

  it.each([
    ['prompt', {}],
    ['messages', { prompt: 'Hi', messages: [{ role: 'user', content: 'Hi' }] }],
    ['tokens', { prompt: 'Hi', tokens: [1] }],
    ['tokens', { messages: [], tokens: [1] }],
    ['prompt', { prompt: '' }],
    ['prompt', { prompt: null }],
    ['messages', { messages: [] }],
    ['tokens', { tokens: [] }],
    ['tokens', { tokens: '1' }],
    ['tokens[1]', { tokens: [1, -1] }],
    ['tokens[1]', { tokens: [1, 1.5] }],
    ['tokens[1]', { tokens: [1, 2 ** 32] }],
    ['tokens[1]', { tokens: [1, undefined] }],
    ['tokens[0]', { tokens: ['1'] }],
  ])('refuses a request, naming %s: %j', (field, request) => {
    expect(withRequest(request)).toEqual(invalid(field));
  });

  it.each([undefined, null, 'Hi', 7, []])('refuses a request that is %j', (request) => {
    expect(withRequest(request)).toEqual(invalid('request'));
  });
});

describe('options', () => {
  it.each([null, 'greedy', 7, [], () => ({})])('refuses %s in their place', (options) => {
    expect(withOptions(options)).toEqual(invalid('options'));
  });

  it('refuses an unknown name, and names the closest', () => {
    const error = withOptions({ maxTokens: 5 });
    expect(error).toEqual(invalid('maxTokens'));
    expect(error).toMatchObject({ message: 'unknown option "maxTokens"; did you mean "maxOutputTokens"?' });
    expect(withRequest({ promt: 'Hi' })).toMatchObject({ message: 'unknown option "promt"; did you mean "prompt"?' });
  });

  it.each([null, 'now', true, {}, { aborted: false }, new AbortController()])('refuse an abortSignal that is %j', (abortSignal) => {
    expect(withOptions({ abortSignal })).toEqual(invalid('abortSignal'));
  });

  it('give invalid-argument even where reading them throws', () => {
    const trap = {
      get seed(): number {
        throw new Error('trap');
      },
    };
    expect(withOptions(trap)).toMatchObject({ code: 'invalid-argument', cause: { message: 'trap' } });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(withOptions(proxy)).toMatchObject({ code: 'invalid-argument' });
    expect(withMessages(proxy)).toMatchObject({ code: 'invalid-argument' });
    expect(withRequest(proxy)).toMatchObject({ code: 'invalid-argument' });
  });

  it('are not changed', () => {
    const options = Object.freeze({ stopSequences: Object.freeze(['a']) });
    expect(() => preparePrompt('Hi', options)).not.toThrow();
  });
});
