import type { ChatMessage, GenerateOptions, GenerationStream, LanguageModel, StreamPart, TramontaneError } from '../../src/index.ts';
import { scriptedStream } from '../../src/testing/index.ts';
import type { ScriptedStreamOptions } from '../../src/testing/index.ts';

/** One answer: its parts, or what makes its stream. */
export type Turn = readonly (string | StreamPart | TramontaneError)[] | (() => GenerationStream);

/** What a model was asked. */
export interface Asked {
  readonly messages: readonly ChatMessage[];
  readonly options: GenerateOptions;
  readonly stream: GenerationStream;
}

/** A model whose n-th stream gives the n-th of `turns`, and beyond them the last one again; and what it was asked. */
export function turnModel(turns: readonly Turn[], options?: ScriptedStreamOptions): LanguageModel & { readonly asked: Asked[] } {
  const asked: Asked[] = [];
  const unused = () => {
    throw new Error('an agent asks by streamChat');
  };
  return {
    asked,
    info: { model: 'turns' },
    streamChat(messages, generate = {}) {
      const turn = turns[Math.min(asked.length, turns.length - 1)] ?? [];
      const stream = typeof turn === 'function' ? turn() : scriptedStream(turn, options);
      asked.push({ messages: [...messages], options: generate, stream });
      return stream;
    },
    streamPrompt: unused,
    streamCompletion: unused,
    streamChoices: unused,
    metrics: unused,
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}
