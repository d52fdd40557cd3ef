import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createAgent, printStream, recordStream, tool } from '../../src/index.ts';
import type { AgentPart, AgentStream } from '../../src/index.ts';
import { replayStream } from '../../src/testing/index.ts';
import { part } from '../support/parts.ts';
import { readAll } from '../support/read-stream.ts';
import { turnModel } from '../support/turn-model.ts';
import { turns } from '../support/turns.ts';

const work = tool({ name: 'work', inputSchema: {}, execute: () => 'done' });
const client = tool({ name: 'client', inputSchema: {} });
const looks = ['Let me look.', part.toolStart(0, 'a', 'work'), part.tool(0, 'a', 'work', {}), part.finish('tool-calls')];
const answers = ['It is', ' done.'];
const run = () => createAgent({ model: turnModel([looks, answers]), tools: [work] }).streamPrompt('Go');

describe('the views of a run', () => {
  it('have its text, as a web stream, a Node stream and a response', async () => {
    const all = 'Let me look.It is done.';
    expect((await readAll(run().toTextReadableStream())).join('')).toBe(all);
    expect(await text(run().toNodeReadable())).toBe(all);
    expect(await run().toResponse().text()).toBe(all);
  });

  it('have all of its parts, as a web stream, a Node stream and events', async () => {
    const parts = (await readAll(run())).map(({ type }) => type);
    expect(((await readAll(run().toReadableStream())) as AgentPart[]).map(({ type }) => type)).toEqual(parts);
    expect(((await run().toNodeReadable({ format: 'parts' }).toArray()) as AgentPart[]).map(({ type }) => type)).toEqual(parts);
    const events = (await run().toResponse({ format: 'sse' }).text()).trim().split('\n\n');
    expect(events.map((event) => (JSON.parse(event.slice('data: '.length)) as AgentPart).type)).toEqual(parts);
  });

  it('have as chunks of OpenAI its text, and no call that the run has answered', async () => {
    const chunks = await readAll(run().toOpenAIChunks({ includeUsage: true }));
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
    expect(deltas.map(({ content }) => content).join('')).toBe('Let me look.It is done.');
    expect(deltas.filter(({ tool_calls }) => tool_calls)).toEqual([]);
    expect(chunks.flatMap(({ choices }) => choices.map((choice) => choice.finish_reason)).filter(Boolean)).toEqual(['stop']);
  });

  it('have as chunks of OpenAI the calls that are left to the client', async () => {
    const both = [part.tool(0, 'a', 'work', {}), part.tool(1, 'b', 'client', { x: 1 }), part.finish('tool-calls')];
    const agent = createAgent({ model: turnModel([looks, both]), tools: [work, client] });
    const chunks = await readAll(agent.streamPrompt('Go').toOpenAIChunks());
    const calls = chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.tool_calls ?? []));
    expect(calls).toEqual([{ index: 0, id: 'b', type: 'function', function: { name: 'client', arguments: '{"x":1}' } }]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('print its text, each round apart', async () => {
    const terminal = new PassThrough();
    const printed = text(terminal);
    const result = await printStream(run(), terminal);
    terminal.end();
    expect(await printed).toBe('Let me look.\n\nIt is done.');
    expect(result.text).toBe('It is done.');
  });

  it('can be several, each with the result of the run', async () => {
    const [one, other] = run().tee();
    const [parts, texts] = await Promise.all([readAll(one), readAll(other.textStream)]);
    expect(parts.at(-1)).toMatchObject({ type: 'finish', endedBy: 'model', rounds: 2 });
    expect(texts.join('')).toBe('Let me look.It is done.');
    expect((await other.result()).messages).toEqual((await one.result()).messages);
    expect((await one.result()).rounds).toHaveLength(2);
  });

  it('can be left one by one, with what there was', async () => {
    const [one, other] = run().tee();
    for await (const each of one) if (each.type === 'tool-progress') break;
    expect(await one.result()).toMatchObject({ finishReason: 'aborted', endedBy: 'cancel', rounds: [{ text: 'Let me look.' }] });
    expect(await other.result()).toMatchObject({ text: 'It is done.', finishReason: 'stop' });
  });

  it('can be recorded, and played back part for part', async () => {
    const lines: string[] = [];
    const stream = recordStream(run(), (line) => void lines.push(line));
    const parts = await readAll(stream);
    const { messages, rounds, text: answer } = await stream.result();
    expect(messages).toHaveLength(3);
    const replay = replayStream(lines.join(''), { speed: 'instant' }) as AgentStream;
    expect(await readAll(replay)).toEqual(parts);
    expect(await replay.result()).toMatchObject({ messages, rounds, text: answer, endedBy: 'model' });
  });

  it('can be read in the middle of other reads of result()', async () => {
    const stream = run();
    const result = stream.result();
    expect((await readAll(stream)).at(-1)?.type).toBe('finish');
    expect((await result).text).toBe('It is done.');
  });
});

describe('a paused run', () => {
  it('begins no tool and no round until it is resumed', async () => {
    const events: string[] = [];
    const noting = tool({ name: 'work', inputSchema: {}, execute: () => void events.push('tool') });
    const model = turnModel([looks, answers]);
    const agent = createAgent({ model, tools: [noting], prepareRound: ({ round }) => void events.push(`round ${round}`) });
    const stream = agent.streamPrompt('Go');
    const seen: string[] = [];
    const reading = (async () => {
      for await (const each of stream) {
        seen.push(each.type);
        // In the middle of the answer, and when the first round is over.
        if (each.type === 'text-delta' || each.type === 'round-finish') stream.pause();
      }
    })();
    await turns(20);
    expect(events).toEqual(['round 0']);
    expect(stream.paused).toBe(true);
    stream.resume();
    await turns(20);
    expect(events).toEqual(['round 0', 'tool']);
    expect(seen.at(-1)).toBe('round-finish');
    for (let resumed = 0; resumed < 10 && seen.at(-1) !== 'finish'; resumed += 1) {
      stream.resume();
      await turns(20);
    }
    await reading;
    expect(events).toEqual(['round 0', 'tool', 'round 1']);
    expect((await stream.result()).finishReason).toBe('stop');
  });

  it('can be cancelled', async () => {
    const stream = run();
    stream.pause();
    const result = stream.result();
    await turns(5);
    stream.cancel();
    expect(await result).toMatchObject({ finishReason: 'aborted', endedBy: 'cancel' });
  });

  it('waits for a reader that is slow: tools do not begin before their call was asked for', async () => {
    let ran = false;
    const noting = tool({ name: 'work', inputSchema: {}, execute: () => void (ran = true) });
    const iterator = createAgent({ model: turnModel([looks, answers]), tools: [noting] }).streamPrompt('Go')[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(part.text('Let me look.'));
    await turns(20);
    expect(ran).toBe(false);
    await iterator.return?.();
  });

  it('stops a tool that yields faster than its reader reads', async () => {
    let yielded = 0;
    const chatty = tool({
      name: 'work',
      inputSchema: {},
      async *execute() {
        for (; yielded < 100_000; yielded += 1) {
          yield yielded;
          if (yielded % 50 === 0) await turns(1);
        }
      },
    });
    const agent = createAgent({ model: turnModel([looks, answers]), tools: [chatty] });
    const stream = agent.streamPrompt('Go', { maxBufferedParts: 10 });
    const iterator = stream[Symbol.asyncIterator]();
    for (let read = await iterator.next(); !read.done && read.value.type !== 'tool-progress'; read = await iterator.next());
    await turns(50);
    expect(yielded).toBeLessThan(300);
    await iterator.return?.();
    expect((await stream.result()).bufferHighWater.pauses).toBeGreaterThan(0);
  });
});
