import { expect, it } from 'vitest';
import { tramontane } from '../../src/ai-sdk/index.ts';
import type { LanguageModel, StreamPart } from '../../src/index.ts';
import { part } from '../support/parts.ts';
import { readAll } from '../support/read-stream.ts';
import { userAsks } from './parts-model.ts';

/** A model that gives `parts` and then nothing more, and knows how often it was left. */
function modelOf(parts: StreamPart[]): { model: LanguageModel; left: () => number } {
  let left = 0;
  const iterator = {
    next: async () => {
      const value = parts.shift();
      return value ? { done: false, value } : { done: true, value: undefined };
    },
    return: async () => {
      left += 1;
      return { done: true, value: undefined };
    },
  };
  const streamChat = () => ({ [Symbol.asyncIterator]: () => iterator });
  return { model: { info: { model: 'm' }, streamChat } as unknown as LanguageModel, left: () => left };
}

it.each(Array.from({ length: 24 }, (_, microtasks) => microtasks))('an abort after %i microtasks is heard, and leaves the model', async (microtasks) => {
  const { model, left } = modelOf(Array.from({ length: 100 }, () => part.text('a')));
  const controller = new AbortController();
  const asking = tramontane(model).doStream({ prompt: userAsks, abortSignal: controller.signal });
  const reading = asking.then(({ stream }) => readAll(stream));
  for (let done = 0; done < microtasks; done += 1) await undefined;
  controller.abort('enough');
  await expect(reading).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' });
  expect(left()).toBeGreaterThan(0);
});

it('a model whose stream ends without a finish part is an error, not a wait for ever', async () => {
  const { stream } = await tramontane(modelOf([part.text('a')]).model).doStream({ prompt: userAsks });
  await expect(readAll(stream)).rejects.toThrow('without a finish part');
});
