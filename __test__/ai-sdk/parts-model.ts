import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { tramontane } from '../../src/ai-sdk/index.ts';
import type { ChatMessage, GenerateOptions, LanguageModel, StreamPart, TramontaneError } from '../../src/index.ts';
import { scriptedStream } from '../../src/testing/index.ts';
import { readAll } from '../support/read-stream.ts';

type Script = readonly (string | StreamPart | TramontaneError)[];

export interface PartsModel {
  readonly model: LanguageModel;
  /** The same for the AI SDK. */
  readonly asked: LanguageModelV4;
  /** What it was asked for, oldest first. */
  readonly requests: { readonly messages: readonly ChatMessage[]; readonly options: GenerateOptions }[];
}

/** A model without a native library: the n-th request gets the n-th of the scripts, and the last one for ever. */
export function partsModel(scripts: readonly Script[], info: object = {}): PartsModel {
  const requests: PartsModel['requests'] = [];
  const streamChat = (messages: readonly ChatMessage[], options: GenerateOptions = {}) => {
    requests.push({ messages, options });
    return scriptedStream(scripts[Math.min(requests.length, scripts.length) - 1] ?? []);
  };
  const model = { info: { model: 'parts', ...info }, streamChat } as unknown as LanguageModel;
  return { model, asked: tramontane(model), requests };
}

export const userAsks: LanguageModelV4CallOptions['prompt'] = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }];

/** All parts of a call, without the time at which it began. */
export async function partsOf(
  model: LanguageModelV4,
  options: Partial<LanguageModelV4CallOptions> = {},
): Promise<LanguageModelV4StreamPart[]> {
  const { stream } = await model.doStream({ prompt: userAsks, ...options });
  const parts = await readAll(stream);
  return parts.map((part) => {
    if (part.type !== 'response-metadata') return part;
    const { timestamp, ...rest } = part;
    if (!(timestamp instanceof Date)) throw new Error('the call has no time');
    return rest;
  });
}

/** What of a call's parts is the answer. */
export async function answerOf(model: LanguageModelV4, options?: Partial<LanguageModelV4CallOptions>): Promise<LanguageModelV4StreamPart[]> {
  return (await partsOf(model, options)).filter(({ type }) => type !== 'stream-start' && type !== 'response-metadata');
}
