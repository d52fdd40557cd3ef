import { describe, expect, it } from 'vitest';
import { finalMessage, MessageFold } from '../../src/index.ts';
import type { StreamPart } from '../../src/index.ts';
import { timings, usage } from '../support/fake-native-model.ts';
import { everyPart, part } from '../support/parts.ts';

function foldOf(...parts: StreamPart[]): MessageFold {
  const fold = new MessageFold();
  for (const each of parts) fold.add(each);
  return fold;
}

/** The calls of a message that ends as asked for, as `id name input`. */
function callsOf(...parts: StreamPart[]): string[] {
  const { toolCalls } = foldOf(...parts, part.finish('tool-calls'));
  return toolCalls.map(({ toolCallId, toolName, input }) => `${toolCallId} ${toolName} ${JSON.stringify(input)}`);
}

describe('a message', () => {
  it('has text, reasoning and tool calls, each joined', () => {
    const { message, text, reasoning, finish } = foldOf(...everyPart);
    expect(message).toEqual({
      role: 'assistant',
      content: 'One moment',
      reasoning: 'Let me look.',
      toolCalls: [{ toolCallId: 'call-1', toolName: 'weather', input: { city: 'Genova' }, inputText: '{"city":"Genova"}' }],
    });
    expect([text, reasoning]).toEqual(['One moment', 'Let me look.']);
    expect(finish).toEqual({ type: 'finish', finishReason: 'tool-calls', usage, timings });
  });

  it('leaves out what there was none of', () => {
    expect(foldOf().message).toEqual({ role: 'assistant', content: '' });
    expect(foldOf(part.text('你'), part.text('好👩‍🚀'), part.finish()).message).toEqual({ role: 'assistant', content: '你好👩‍🚀' });
  });

  it('keeps what its engine wants to see again', () => {
    const data = { signature: 'c2ln' };
    const { message } = foldOf({ type: 'provider-data', dialect: 'anthropic', data }, part.text('a'));
    expect(message).toEqual({ role: 'assistant', content: 'a', providerData: [{ dialect: 'anthropic', data }] });
  });

  it('can be looked at while it grows', () => {
    const fold = foldOf(part.text('a'));
    expect([fold.message.content, fold.finish]).toEqual(['a', undefined]);
    expect(fold.add(part.text('b')).message.content).toBe('ab');
  });

  it('passes over parts of a type it does not know', () => {
    const unknown = { type: 'picture-delta', delta: 'x' } as unknown as StreamPart;
    expect(foldOf(unknown, part.text('a')).message).toEqual({ role: 'assistant', content: 'a' });
  });
});

describe('tool calls', () => {
  it('are joined from fragments where the source sends no whole one', () => {
    expect(callsOf(part.toolStart(0, 'a', 'f'), part.toolDelta(0, 'a', '{"x":'), part.toolDelta(0, 'a', '1}'))).toEqual(['a f {"x":1}']);
  });

  it('have no input where their arguments are empty: an empty object', () => {
    expect(callsOf(part.toolStart(0, 'a', 'f'))).toEqual(['a f {}']);
  });

  it.each([
    ['do not begin at 0', [part.toolStart(3, 'a', 'f'), part.toolDelta(3, 'a', '1')], ['a f 1']],
    [
      'have gaps and come out of order',
      [part.toolStart(5, 'b', 'g'), part.toolStart(1, 'a', 'f'), part.toolDelta(5, 'b', '2'), part.toolDelta(1, 'a', '1')],
      ['a f 1', 'b g 2'],
    ],
    [
      'are used again under another id',
      [part.toolStart(0, 'a', 'f'), part.toolDelta(0, '', '1'), part.toolStart(0, 'b', 'g'), part.toolDelta(0, '', '2')],
      ['a f 1', 'b g 2'],
    ],
    [
      'are used again while fragments of both calls come, told apart by id',
      [part.toolStart(0, 'a', 'f'), part.toolStart(0, 'b', 'g'), part.toolDelta(0, 'a', '1'), part.toolDelta(0, 'b', '2')],
      ['a f 1', 'b g 2'],
    ],
    [
      'are used again for a whole call without an id',
      [part.tool(0, '', 'f', 1), part.tool(0, '', 'g', 2)],
      [' f 1', ' g 2'],
    ],
  ])('are told apart where indexes %s', (_, parts, calls) => {
    expect(callsOf(...parts)).toEqual(calls);
  });

  it.each([
    ['ids are empty after the start', [part.toolStart(0, 'a', 'f'), part.toolDelta(0, '', '1')]],
    ['the id comes late', [part.toolStart(0, '', 'f'), part.toolDelta(0, 'a', '1')]],
    ['the name comes late', [part.toolStart(0, 'a', ''), part.toolDelta(0, 'a', '1'), part.toolStart(0, 'a', 'f')]],
    ['arguments come before the start', [part.toolDelta(0, 'a', '1'), part.toolStart(0, 'a', 'f')]],
    ['the whole call follows its fragments', [part.toolStart(0, 'a', 'f'), part.toolDelta(0, 'a', '1'), part.tool(0, 'a', 'f', 1)]],
    ['an empty fragment follows the whole call', [part.tool(0, 'a', 'f', 1), part.toolDelta(0, '', '')]],
    ['the whole call comes twice', [part.tool(0, 'a', 'f', 1), part.tool(0, 'a', 'f', 1)]],
    ['the start comes again after the whole call', [part.tool(0, 'a', 'f', 1), part.toolStart(0, 'a', 'f')]],
  ])('are one call where %s', (_, parts) => {
    expect(callsOf(...parts)).toEqual(['a f 1']);
  });

  it('without a name, or with arguments that are no JSON, are left out', () => {
    expect(callsOf(part.toolDelta(0, 'a', '1'))).toEqual([]);
    expect(callsOf(part.toolStart(0, 'a', 'f'), part.toolDelta(0, 'a', '{"x"'))).toEqual([]);
  });

  it('are not complete before the end, even where what there is can be parsed', () => {
    const fold = foldOf(part.toolStart(0, 'a', 'f'), part.toolDelta(0, 'a', '1'));
    expect(fold.toolCalls).toEqual([]);
    fold.add(part.toolDelta(0, 'a', '2')).add(part.finish('tool-calls'));
    expect(fold.toolCalls).toMatchObject([{ input: 12 }]);
  });

  it.each(['length', 'aborted', 'error'] as const)('cut off by %s are left out, whole ones are kept', (reason) => {
    const whole = part.tool(0, 'a', 'f', 1);
    const { toolCalls } = foldOf(whole, part.toolStart(1, 'b', 'g'), part.toolDelta(1, 'b', '{}'), part.finish(reason));
    expect(toolCalls.map(({ toolCallId }) => toolCallId)).toEqual(['a']);
  });

  it('are kept as the source has parsed them, also where it could not', () => {
    const broken: StreamPart = { ...part.tool(0, 'a', 'f', 1), inputText: '{"x"', input: undefined } as StreamPart;
    expect(foldOf(broken).toolCalls).toEqual([{ toolCallId: 'a', toolName: 'f', input: undefined, inputText: '{"x"' }]);
  });

  it.each([-1, 128, 1e9, 0.5, Number.NaN, Infinity])('with index %d are left out', (index) => {
    expect(callsOf(part.tool(index, 'a', 'f', 1))).toEqual([]);
  });

  it('are 128 at most', () => {
    const parts = Array.from({ length: 1000 }, (_, number) => part.tool(0, `call-${number}`, 'f', number));
    expect(foldOf(...parts).toolCalls).toHaveLength(128);
  });

  it('take 100,000 fragments in well under a second', () => {
    const fold = foldOf(part.toolStart(0, 'a', 'f'), part.toolDelta(0, 'a', '"'));
    const startedAt = performance.now();
    for (let count = 0; count < 100_000; count += 1) fold.add(part.toolDelta(0, '', 'x'));
    fold.add(part.toolDelta(0, '', '"')).add(part.finish());
    expect(fold.toolCalls).toMatchObject([{ input: 'x'.repeat(100_000) }]);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});

describe('finalMessage()', () => {
  const message = { role: 'assistant', content: 'One moment', reasoning: 'Let me look.' };

  it('folds a list at once, and a stream of any make once it has ended', async () => {
    expect(finalMessage(everyPart)).toMatchObject(message);
    const foreign = (async function* parts() {
      yield* everyPart;
    })();
    expect(await finalMessage(foreign)).toMatchObject(message);
  });

  it('throws what reading the parts throws', async () => {
    const failing = (async function* parts() {
      yield part.text('a');
      throw new Error('gone');
    })();
    await expect(finalMessage(failing)).rejects.toThrow('gone');
  });
});
