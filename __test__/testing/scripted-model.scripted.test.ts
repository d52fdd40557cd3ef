import { describe, expect, it } from 'vitest';
import { Model } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import type { Script } from '../../src/testing/index.ts';
import { errorOf } from '../support/read-stream.ts';

describe('scriptedModel()', () => {
  it('is a model that answers what its script says, in turn', async () => {
    await using model = await scriptedModel({ replies: ['one', { text: 'two' }] });
    expect(model).toBeInstanceOf(Model);
    expect(model.info.format).toBe('scripted');
    const texts = [];
    for (let count = 0; count < 3; count += 1) texts.push((await model.streamPrompt('Hi').result()).text);
    expect(texts).toEqual(['one', 'two', 'one']);
  });

  it('takes its time, and fails where its script says so', async () => {
    await using model = await scriptedModel({ replies: [{ text: 'Hello', prefillMs: 20, stepMs: 2, failAfterTokens: 3 }] });
    const startedAt = performance.now();
    const error = await errorOf(model.streamPrompt('Hi').result());
    expect(error).toMatchObject({ code: 'engine-failed' });
    expect('Hello'.startsWith(error.partial?.text ?? 'none')).toBe(true);
    expect(performance.now() - startedAt).toBeGreaterThan(20);
  });

  it('has the context that its script says', async () => {
    await using model = await scriptedModel({ replies: ['a'], contextLength: 64 });
    expect(model.info.contextLength).toBe(64);
    expect(await errorOf(model.streamPrompt('x'.repeat(100)).result())).toMatchObject({ code: 'context-overflow' });
  });

  it('can be aborted while it loads', async () => {
    const loading = scriptedModel({ replies: ['a'], loadMs: 5000 }, { abortSignal: AbortSignal.timeout(20) });
    expect(await errorOf(loading)).toMatchObject({ code: 'aborted' });
  });

  it.each([
    ['replies', {}],
    ['replies', { replies: [] }],
    ['replies[0]', { replies: [7] }],
    ['replies[1].text', { replies: ['a', {}] }],
    ['replies[0].stepMs', { replies: [{ text: 'a', stepMs: 0.5 }] }],
    ['replies[0].failAfterTokens', { replies: [{ text: 'a', failAfterTokens: -1 }] }],
    ['delay', { replies: [{ text: 'a', delay: 1 }] }],
    ['contextLength', { replies: ['a'], contextLength: 0 }],
    ['reply', { replies: ['a'], reply: 'b' }],
  ])('names %s where its script is wrong there', async (field, script) => {
    expect(await errorOf(scriptedModel(script as unknown as Script))).toMatchObject({ code: 'invalid-argument', field });
  });
});
