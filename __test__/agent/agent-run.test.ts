import { describe, expect, it } from 'vitest';
import { createAgent, TramontaneError, tool } from '../../src/index.ts';
import type { AgentPart, AgentTool, ToolResultPart } from '../../src/index.ts';
import { replayStream } from '../../src/testing/index.ts';
import { timings, usage } from '../support/fake-native-model.ts';
import { part } from '../support/parts.ts';
import { readAll } from '../support/read-stream.ts';
import { turnModel } from '../support/turn-model.ts';
import { turns } from '../support/turns.ts';
import { unhandledWhile } from '../support/unhandled-while.ts';

const citySchema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const weather = tool({
  name: 'weather',
  description: 'The weather of a city.',
  inputSchema: citySchema,
  execute: ({ city }: { city: string }) => ({ city, degrees: 21 }),
});

/** Asks for one tool. */
const asks = (id: string, name: string, input: unknown) => [part.tool(0, id, name, input), part.finish('tool-calls')];
const answers = ['It is ', '21 degrees.', part.finish()];

const labels = (parts: readonly AgentPart[]) =>
  parts.map((each) => (each.type === 'tool-progress' ? `${each.phase} ${each.toolCallId}` : each.type));
const resultsOf = (parts: readonly AgentPart[]) => parts.filter((each): each is ToolResultPart => each.type === 'tool-result');

/** Runs tools that the model asks for in one round, and answers in the next. */
async function oneRound(calls: readonly (readonly [id: string, name: string, input: unknown])[], tools: readonly AgentTool[], options = {}) {
  const turn = [...calls.map(([id, name, input], index) => part.tool(index, id, name, input)), part.finish('tool-calls')];
  const model = turnModel([turn, answers]);
  const stream = createAgent({ model, tools }).streamPrompt('Go!', options);
  const parts = await readAll(stream);
  return { parts, results: resultsOf(parts), model, result: await stream.result() };
}

describe('a run of an agent', () => {
  it('gives the parts of all rounds in order: text, calls, progress, results, and one finish', async () => {
    const model = turnModel([
      ['Let me look.', part.toolStart(0, 'a', 'weather'), part.toolDelta(0, 'a', '{"city":"Genova"}'), ...asks('a', 'weather', { city: 'Genova' })],
      answers,
    ]);
    const parts = await readAll(createAgent({ model, tools: [weather] }).streamPrompt('Weather?'));
    expect(labels(parts)).toEqual([
      'text-delta',
      'tool-call-start',
      'tool-call-delta',
      'tool-call',
      'calling a',
      'complete a',
      'tool-result',
      'round-finish',
      'text-delta',
      'text-delta',
      'round-finish',
      'finish',
    ]);
    expect(parts.find((each) => each.type === 'tool-progress')).toEqual({
      type: 'tool-progress', phase: 'calling', toolCallId: 'a', toolName: 'weather', round: 0, input: { city: 'Genova' },
    });
    expect(resultsOf(parts)).toEqual([
      {
        type: 'tool-result', toolCallId: 'a', toolName: 'weather', round: 0, index: 0,
        output: { city: 'Genova', degrees: 21 }, content: '{"city":"Genova","degrees":21}', isError: false,
      },
    ]);
    expect(parts.filter((each) => each.type === 'round-finish')).toMatchObject([
      { round: 0, finishReason: 'tool-calls', usage, timings },
      { round: 1, finishReason: 'stop', usage, timings },
    ]);
    expect(parts.at(-1)).toMatchObject({ finishReason: 'stop', endedBy: 'model', rounds: 2, text: 'It is 21 degrees.' });
  });

  it('adds up the usage of all rounds', async () => {
    const { result, parts } = await oneRound([['a', 'weather', { city: 'Genova' }]], [weather]);
    const twice = {
      inputTokens: usage.inputTokens * 2,
      outputTokens: usage.outputTokens * 2,
      totalTokens: usage.totalTokens * 2,
      cachedInputTokens: usage.cachedInputTokens * 2,
    };
    expect(result.usage).toEqual(twice);
    expect(parts.at(-1)).toMatchObject({ usage: twice });
    expect(result.rounds.map((round) => round.usage)).toEqual([usage, usage]);
  });

  it('has the answer, the messages to append and each round in its result', async () => {
    const model = turnModel([['Let me look.', ...asks('a', 'weather', { city: 'Genova' })], answers]);
    const result = await createAgent({ model, tools: [weather] }).streamPrompt('Weather?').result();
    const call = { toolCallId: 'a', toolName: 'weather', input: { city: 'Genova' }, inputText: '{"city":"Genova"}' };
    expect(result).toMatchObject({ text: 'It is 21 degrees.', finishReason: 'stop', endedBy: 'model', toolCalls: [] });
    expect(result.messages).toEqual([
      { role: 'assistant', content: 'Let me look.', toolCalls: [call] },
      { role: 'tool', toolCallId: 'a', toolName: 'weather', content: '{"city":"Genova","degrees":21}' },
      { role: 'assistant', content: 'It is 21 degrees.' },
    ]);
    expect(result.rounds).toMatchObject([
      { text: 'Let me look.', toolCalls: [call], toolResults: [{ toolCallId: 'a' }], finishReason: 'tool-calls' },
      { text: 'It is 21 degrees.', toolCalls: [], toolResults: [], finishReason: 'stop' },
    ]);
    expect(model.asked[1]?.messages).toEqual([{ role: 'user', content: 'Weather?' }, ...result.messages.slice(0, 2)]);
  });

  it('shows text alone to who reads text alone, of all rounds', async () => {
    const model = turnModel([['Look. ', ...asks('a', 'weather', { city: 'Genova' })], answers]);
    const texts = await readAll(createAgent({ model, tools: [weather] }).streamPrompt('Weather?').textStream);
    expect(texts).toEqual(['Look. ', 'It is ', '21 degrees.']);
  });

  it('does nothing before it is read', async () => {
    const model = turnModel([answers]);
    const stream = createAgent({ model }).streamPrompt('Hi');
    expect(model.asked).toEqual([]);
    expect((await stream.result()).text).toBe('It is 21 degrees.');
    expect(model.asked).toHaveLength(1);
  });

  it('answers without tools as the model does, and passes none', async () => {
    const model = turnModel([answers]);
    const result = await createAgent({ model }).streamPrompt('Hi', { temperature: 0 }).result();
    expect(result.rounds).toHaveLength(1);
    expect(model.asked[0]?.options).toMatchObject({ temperature: 0 });
    expect(model.asked[0]?.options.tools).toBeUndefined();
  });

  it('begins with its instructions, where the conversation has none of its own', async () => {
    const model = turnModel([answers]);
    const agent = createAgent({ model, instructions: 'Be brief.' });
    const { messages } = await agent.streamPrompt('Hi').result();
    expect(messages).toEqual([{ role: 'assistant', content: 'It is 21 degrees.' }]);
    await agent.streamChat([{ role: 'system', content: 'Be long.' }, { role: 'user', content: 'Hi' }]).result();
    await agent.streamCompletion({ messages: [{ role: 'user', content: 'Ho' }] }).result();
    expect(model.asked.map((asked) => asked.messages.map(({ content }) => content))).toEqual([
      ['Be brief.', 'Hi'],
      ['Be long.', 'Hi'],
      ['Be brief.', 'Ho'],
    ]);
  });

  it('can be gone on with from its messages', async () => {
    const model = turnModel([asks('a', 'weather', { city: 'Genova' }), answers]);
    const agent = createAgent({ model, tools: [weather] });
    const history = [{ role: 'user', content: 'Weather?' } as const];
    const { messages } = await agent.streamChat(history).result();
    await agent.streamChat([...history, ...messages, { role: 'user', content: 'Thanks' }]).result();
    expect(model.asked.at(-1)?.messages).toHaveLength(5);
  });
});

describe('the tools of a round', () => {
  it('run at the same time, give results as they come, and answer in the order of the calls', async () => {
    const finish: Record<string, () => void> = {};
    const waiting = (name: string) =>
      tool({
        name,
        inputSchema: { type: 'object' },
        execute: () =>
          new Promise((resolve) => {
            finish[name] = () => resolve(name);
            // Once both run, the second one is the first to be done.
            if (Object.keys(finish).length === 2) finish['second']?.();
          }),
      });
    const model = turnModel([[part.tool(0, 'a', 'first', {}), part.tool(1, 'b', 'second', {}), part.finish('tool-calls')], answers]);
    const stream = createAgent({ model, tools: [waiting('first'), waiting('second')] }).streamPrompt('Go');
    const answered: string[] = [];
    for await (const each of stream) {
      if (each.type !== 'tool-result') continue;
      answered.push(each.toolCallId);
      if (each.toolCallId === 'b') finish['first']?.();
    }
    expect(answered).toEqual(['b', 'a']);
    expect((await stream.result()).messages.slice(1, 3)).toMatchObject([
      { toolCallId: 'a', content: 'first' },
      { toolCallId: 'b', content: 'second' },
    ]);
  });

  it('are never more at once than maxParallelTools', async () => {
    let running = 0;
    let most = 0;
    const counted = tool({
      name: 'counted',
      inputSchema: { type: 'object' },
      execute: async () => {
        most = Math.max(most, (running += 1));
        await turns(2);
        running -= 1;
      },
    });
    const calls = Array.from({ length: 7 }, (_, index) => [`c${index}`, 'counted', {}] as const);
    const { results } = await oneRound(calls, [counted], { maxParallelTools: 3 });
    expect(results).toHaveLength(7);
    expect(most).toBe(3);
  });

  it('that throw tell the model, and the run goes on', async () => {
    const failing = tool({ name: 'failing', inputSchema: {}, execute: () => Promise.reject(new Error('no rain today')) });
    const { results, result, parts } = await oneRound([['a', 'failing', {}]], [failing]);
    expect(results).toMatchObject([{ content: 'Error: no rain today', output: 'no rain today', isError: true, failure: 'failed' }]);
    expect(parts).toContainEqual(expect.objectContaining({ phase: 'complete', isError: true }));
    expect(result).toMatchObject({ text: 'It is 21 degrees.', finishReason: 'stop' });
  });

  it('that throw something strange do so too', async () => {
    const strange = tool({ name: 'strange', inputSchema: {}, execute: () => { throw Object.create(null); } });
    const { results } = await oneRound([['a', 'strange', {}]], [strange]);
    expect(results).toMatchObject([{ isError: true, content: 'Error: the tool has failed' }]);
  });

  it('that return what JSON cannot write tell the model', async () => {
    const big = tool({ name: 'big', inputSchema: {}, execute: () => ({ count: 3n }) });
    const { results } = await oneRound([['a', 'big', {}]], [big]);
    expect(results).toMatchObject([{ failure: 'failed', content: expect.stringContaining('BigInt') as unknown }]);
  });

  it('return text as it is, and nothing as nothing', async () => {
    const text = tool({ name: 'text', inputSchema: {}, execute: () => 'sun' });
    const nothing = tool({ name: 'nothing', inputSchema: {}, execute: () => undefined });
    const { results } = await oneRound([['a', 'text', {}], ['b', 'nothing', {}]], [text, nothing]);
    expect(results.map(({ content }) => content)).toEqual(['sun', '']);
  });

  it.each([
    ['its own timeoutMs', { timeoutMs: 10 }, {}],
    ["the run's toolTimeoutMs", {}, { toolTimeoutMs: 10 }],
  ])('are given up after %s, their signal raised', async (_, own, options) => {
    let reason: unknown;
    const hanging = tool({
      name: 'hanging',
      inputSchema: {},
      ...own,
      execute: (_input, { abortSignal }) => {
        abortSignal.addEventListener('abort', () => { reason = abortSignal.reason; });
        return new Promise(() => {});
      },
    });
    const { results, result } = await oneRound([['a', 'hanging', {}]], [hanging], options);
    expect(results).toMatchObject([{ failure: 'timed-out', content: 'Error: hanging has taken longer than 10 ms.' }]);
    expect(reason).toMatchObject({ name: 'TimeoutError' });
    expect(result.finishReason).toBe('stop');
  });

  it('that fail once they were given up reject nothing', async () => {
    let fail: (error: Error) => void = () => {};
    const late = tool({ name: 'late', inputSchema: {}, timeoutMs: 5, execute: () => new Promise((_, reject) => { fail = reject; }) });
    const { results } = await oneRound([['a', 'late', {}]], [late]);
    const unhandled = await unhandledWhile(async () => {
      fail(new Error('too late'));
      await turns();
    });
    expect([results[0]?.failure, unhandled]).toEqual(['timed-out', []]);
  });

  it('that do not exist tell the model which ones do', async () => {
    const { results, parts } = await oneRound([['a', 'wether', {}]], [weather]);
    expect(results).toMatchObject([{ failure: 'unknown-tool', content: 'Error: there is no tool wether; the tools are weather.' }]);
    expect(labels(parts)).not.toContain('calling a');
  });

  it('are not run with arguments that the schema refuses, and the model is told where', async () => {
    const { results, parts } = await oneRound([['a', 'weather', { city: 3 }], ['b', 'weather', {}]], [weather]);
    expect(results.map(({ content, failure }) => [failure, content])).toEqual([
      ['invalid-input', 'Error: city must be of type string'],
      ['invalid-input', 'Error: city is missing'],
    ]);
    expect(labels(parts)).not.toContain('calling a');
  });

  it('are not run with arguments that are no JSON', async () => {
    const broken = [{ ...part.tool(0, 'a', 'weather', {}), input: undefined, inputText: '{"city":' }, part.finish('tool-calls')] as never;
    const result = await createAgent({ model: turnModel([broken, answers]), tools: [weather] }).streamPrompt('Go').result();
    expect(result.rounds[0]?.toolResults).toMatchObject([{ failure: 'invalid-input', content: 'Error: the arguments are no valid JSON.' }]);
  });

  it.each(['length', 'aborted', 'error'] as const)('are not run where the answer ended by %s, and the history stays whole', async (finishReason) => {
    let ran = false;
    const never = tool({ name: 'never', inputSchema: {}, execute: () => { ran = true; } });
    const model = turnModel([[part.tool(0, 'a', 'never', {}), part.toolStart(1, 'b', 'never'), part.toolDelta(1, 'b', '{"ci'), part.finish(finishReason)]]);
    const result = await createAgent({ model, tools: [never] }).streamPrompt('Go').result();
    expect(ran).toBe(false);
    expect(result).toMatchObject({ finishReason, endedBy: finishReason === 'aborted' ? 'cancel' : 'model', toolCalls: [] });
    expect(result.messages).toMatchObject([
      { role: 'assistant', toolCalls: [{ toolCallId: 'a' }] },
      { role: 'tool', toolCallId: 'a', content: expect.stringContaining('ended before') as unknown },
    ]);
  });

  it('show what they yield on their way', async () => {
    const walking = tool({
      name: 'walking',
      inputSchema: {},
      async *execute() {
        yield 'half';
        yield { done: 0.9 };
        return 'there';
      },
    });
    const { parts, results } = await oneRound([['a', 'walking', {}]], [walking]);
    expect(parts.filter((each) => each.type === 'tool-progress' && each.phase === 'running')).toMatchObject([{ value: 'half' }, { value: { done: 0.9 } }]);
    expect(results).toMatchObject([{ output: 'there', content: 'there' }]);
  });

  it('that yield what JSON cannot write have failed, and are returned from', async () => {
    let returned = false;
    const strange = tool({
      name: 'strange',
      inputSchema: {},
      async *execute() {
        try {
          yield 3n;
        } finally {
          returned = true;
        }
      },
    });
    const { results } = await oneRound([['a', 'strange', {}]], [strange]);
    expect([results[0]?.failure, returned]).toEqual(['failed', true]);
  });

  it('that end by their signal when their time is up have timed out all the same', async () => {
    const obedient = tool({
      name: 'obedient',
      inputSchema: {},
      timeoutMs: 5,
      execute: (_, { abortSignal }) =>
        new Promise((_resolve, reject) => {
          abortSignal.addEventListener('abort', () => reject(abortSignal.reason as Error));
        }),
    });
    expect((await oneRound([['a', 'obedient', {}]], [obedient])).results).toMatchObject([{ failure: 'timed-out' }]);
  });

  it('give what they yielded last, where they return nothing', async () => {
    const walking = tool({ name: 'walking', inputSchema: {}, async *execute() { yield 1; yield 2; } });
    expect((await oneRound([['a', 'walking', {}]], [walking])).results).toMatchObject([{ output: 2, content: '2' }]);
  });

  it('are told of the call and the conversation', async () => {
    let context: unknown;
    const curious = tool({ name: 'curious', inputSchema: {}, execute: (_, given) => { context = given; } });
    await oneRound([['a', 'curious', {}]], [curious]);
    expect(context).toMatchObject({ toolCallId: 'a', round: 0, messages: [{ role: 'user' }, { role: 'assistant' }] });
  });

  it('without execute end the run, and the call is left to the caller', async () => {
    const client = tool({ name: 'client', inputSchema: {} });
    const { result, parts } = await oneRound([['a', 'client', { x: 1 }], ['b', 'weather', { city: 'Genova' }]], [client, weather]);
    expect(result).toMatchObject({ finishReason: 'tool-calls', endedBy: 'open-calls', toolCalls: [{ toolCallId: 'a', input: { x: 1 } }] });
    expect(result.messages).toMatchObject([{ role: 'assistant' }, { role: 'tool', toolCallId: 'b' }]);
    expect(parts.at(-1)).toMatchObject({ endedBy: 'open-calls' });
  });
});

describe('onToolCall', () => {
  const echo = tool({ name: 'echo', inputSchema: { type: 'object', properties: { n: { type: 'number' } } }, execute: (input) => input });

  it('is asked about each call in order, before any is run', async () => {
    const events: string[] = [];
    const noting = tool({ name: 'noting', inputSchema: {}, execute: () => { events.push('runs'); } });
    await oneRound([['a', 'noting', {}], ['b', 'noting', {}]], [noting], {
      onToolCall: async ({ toolCallId }: { toolCallId: string }) => {
        await Promise.resolve();
        events.push(toolCallId);
        return { type: 'approve' };
      },
    });
    expect(events).toEqual(['a', 'b', 'runs', 'runs']);
  });

  it('can deny a call, and the model is told why', async () => {
    const onToolCall = ({ toolCallId }: { toolCallId: string }) =>
      toolCallId === 'a' ? { type: 'deny', reason: 'the user said no.' } : { type: 'approve' };
    const { results } = await oneRound([['a', 'echo', {}], ['b', 'echo', {}]], [echo], { onToolCall });
    expect(results).toMatchObject([
      { toolCallId: 'a', failure: 'denied', content: 'Error: the user said no.' },
      { toolCallId: 'b', isError: false },
    ]);
  });

  it('can change what a tool is called with', async () => {
    const onToolCall = () => ({ type: 'approve', input: { n: 7 } });
    const { results, parts, result } = await oneRound([['a', 'echo', { n: 1 }]], [echo], { onToolCall });
    expect(results).toMatchObject([{ output: { n: 7 } }]);
    expect(parts).toContainEqual(expect.objectContaining({ phase: 'calling', input: { n: 7 } }));
    // What the model wrote stays what it wrote.
    expect(result.rounds[0]?.toolCalls).toMatchObject([{ input: { n: 1 } }]);
  });

  it('can end the run, with the calls left open', async () => {
    const { result, parts, model } = await oneRound([['a', 'echo', {}], ['b', 'echo', {}]], [echo], {
      onToolCall: ({ toolCallId }: { toolCallId: string }) => ({ type: toolCallId === 'b' ? 'end' : 'approve' }),
    });
    expect(result).toMatchObject({ finishReason: 'tool-calls', endedBy: 'open-calls', toolCalls: [{ toolCallId: 'a' }, { toolCallId: 'b' }] });
    expect(result.messages).toHaveLength(1);
    expect(labels(parts)).not.toContain('calling a');
    expect(model.asked).toHaveLength(1);
  });

  it.each([
    ['throws', () => { throw new Error('oh'); }, 'onToolCall threw: oh'],
    ['gives no decision', () => undefined, 'onToolCall must give { type: "approve" }, { type: "deny" } or { type: "end" }'],
    ['gives an input that the schema refuses', () => ({ type: 'approve', input: { n: 'x' } }), 'onToolCall gave an input for echo that its schema refuses: n must be of type number'],
  ])('fails the run where it %s, with what there was', async (_, onToolCall, message) => {
    const model = turnModel([['Hm.', ...asks('a', 'echo', {})]]);
    const stream = createAgent({ model, tools: [echo] }).streamPrompt('Go', { onToolCall: onToolCall as never });
    const error = await stream.result().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'callback-failed', field: 'onToolCall', message });
    expect((error as TramontaneError).partial).toMatchObject({ usage, messages: [{ content: 'Hm.' }, { role: 'tool', toolCallId: 'a' }] });
  });
});

describe('the rounds', () => {
  it('end at maxRounds, whose calls are still answered, without an error', async () => {
    const model = turnModel([asks('a', 'weather', { city: 'Genova' })]);
    const result = await createAgent({ model, tools: [weather], maxRounds: 3 }).streamPrompt('Go').result();
    expect(model.asked).toHaveLength(3);
    expect(result).toMatchObject({ finishReason: 'tool-calls', endedBy: 'max-rounds', toolCalls: [] });
    expect(result.messages).toHaveLength(6);
    expect(result.rounds).toHaveLength(3);
  });

  it('are ten at most by default', async () => {
    const model = turnModel([asks('a', 'weather', { city: 'Genova' })]);
    await createAgent({ model, tools: [weather] }).streamPrompt('Go').result();
    expect(model.asked).toHaveLength(10);
  });

  it.each(['required', { type: 'tool', toolName: 'weather' }] as const)('after the first one leave the choice to the model, where that was forced (%j)', async (toolChoice) => {
    const model = turnModel([asks('a', 'weather', { city: 'Genova' }), answers]);
    const responseFormat = { type: 'json' } as const;
    await createAgent({ model, tools: [weather], toolChoice }).streamPrompt('Go', { responseFormat }).result();
    expect(model.asked.map(({ options }) => [options.toolChoice, options.responseFormat])).toEqual([
      [toolChoice, undefined],
      ['auto', responseFormat],
    ]);
  });

  it('keep a choice of none', async () => {
    const model = turnModel([asks('a', 'weather', { city: 'Genova' }), answers]);
    await createAgent({ model, tools: [weather] }).streamPrompt('Go', { toolChoice: 'none' }).result();
    expect(model.asked.map(({ options }) => options.toolChoice)).toEqual(['none', 'none']);
  });

  it('can each be prepared: messages, tools and options of this round only', async () => {
    const seen: unknown[] = [];
    const model = turnModel([asks('a', 'weather', { city: 'Genova' }), answers]);
    const agent = createAgent({
      model,
      tools: [weather],
      temperature: 0.5,
      prepareRound: async ({ round, messages, usage: { totalTokens } }) => {
        seen.push([round, messages.length, totalTokens]);
        return round === 0 ? undefined : { messages: messages.slice(-1), activeTools: [], temperature: 0 };
      },
    });
    const result = await agent.streamPrompt('Go').result();
    expect(seen).toEqual([[0, 1, 0], [1, 3, usage.totalTokens]]);
    expect(model.asked[0]?.options).toMatchObject({ temperature: 0.5, tools: [{ name: 'weather' }] });
    expect(model.asked[1]).toMatchObject({ messages: [{ role: 'tool' }], options: { temperature: 0 } });
    expect(model.asked[1]?.options.tools).toBeUndefined();
    expect(result.messages).toHaveLength(3);
  });

  it('answer a call of a tool that is not active as one of an unknown tool', async () => {
    const model = turnModel([asks('a', 'weather', { city: 'Genova' }), answers]);
    const agent = createAgent({ model, tools: [weather], prepareRound: () => ({ activeTools: [] }) });
    expect((await agent.streamPrompt('Go').result()).rounds[0]?.toolResults).toMatchObject([
      { failure: 'unknown-tool', content: 'Error: there is no tool weather; there are no tools.' },
    ]);
  });

  it.each([
    ['throws', () => { throw new Error('oh'); }, 'prepareRound threw: oh'],
    ['names a tool that is not there', () => ({ activeTools: ['x'] }), 'prepareRound gave activeTools with x, which the agent does not have'],
    ['gives no list of tools', () => ({ activeTools: 'weather' }), 'prepareRound must give activeTools as an array of names'],
    ['gives no object', () => 3, 'prepareRound must give an object, or nothing'],
  ])('fail the run where prepareRound %s', async (_, prepareRound, message) => {
    const stream = createAgent({ model: turnModel([answers]), prepareRound: prepareRound as never }).streamPrompt('Go');
    await expect(stream.result()).rejects.toMatchObject({ code: 'callback-failed', field: 'prepareRound', message });
  });

  it('fail with what the model fails with, and with what there was before', async () => {
    const model = turnModel([asks('a', 'weather', { city: 'Genova' }), ['Hm', new TramontaneError('rate-limited', 'later', { retryAfterMs: 5 })]]);
    const stream = createAgent({ model, tools: [weather] }).streamPrompt('Go');
    const error = await readAll(stream).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'rate-limited', message: 'later', retryAfterMs: 5 });
    const { partial } = error as TramontaneError;
    expect(partial).toMatchObject({ text: 'Hm', usage });
    expect(partial?.messages).toMatchObject([{ role: 'assistant' }, { role: 'tool', content: '{"city":"Genova","degrees":21}' }]);
  });

  it('fail with an error as the model gives it, where nothing was begun', async () => {
    const refusal = new TramontaneError('no-chat-template', 'none');
    const model = turnModel([() => { throw refusal; }]);
    await expect(createAgent({ model }).streamPrompt('Go').result()).rejects.toBe(refusal);
  });

  it.each([
    ['first-token-timeout', { firstTokenTimeoutMs: 20 }, []],
    ['idle-timeout', { idleTimeoutMs: 20 }, ['Hm']],
  ])('each have their own %s, and time that tools take is not in it', async (code, options, before) => {
    const patient = tool({ name: 'weather', inputSchema: {}, execute: () => new Promise((resolve) => setTimeout(resolve, 60)) });
    const hangs = () => {
      const parts = [...before, 'never'].map((delta, index) => ({ atMs: index < before.length ? 0 : 60_000, part: part.text(delta) }));
      const lines = [{ tramontaneRecording: 1 }, ...parts, { atMs: 60_000, part: part.finish() }];
      return replayStream(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), options);
    };
    const model = turnModel([asks('a', 'weather', {}), hangs]);
    const error = await createAgent({ model, tools: [patient], ...options }).streamPrompt('Go').result().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, partial: { text: before.join(''), messages: [{ role: 'assistant' }, { role: 'tool' }] } });
    expect(model.asked[1]?.options).toMatchObject(options);
  });

  it('give calls names that none has had before, in the conversation and in the run', async () => {
    const model = turnModel([asks('a', 'weather', { city: 'Genova' })]);
    const before = await createAgent({ model, tools: [weather], maxRounds: 2 }).streamPrompt('Go').result();
    const agent = createAgent({ model, tools: [weather], maxRounds: 1 });
    const { messages } = await agent.streamChat([{ role: 'user', content: 'Go' }, ...before.messages, { role: 'user', content: 'On' }]).result();
    const ids = [...before.messages, ...messages].flatMap((message) => (message.role === 'tool' ? [message.toolCallId] : []));
    expect(ids).toEqual(['a', 'a-2', 'a-3']);
    expect(messages).toMatchObject([{ toolCalls: [{ toolCallId: 'a-3' }] }, { toolCallId: 'a-3' }]);
  });
});
