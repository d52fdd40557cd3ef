import type { StreamPart } from '../../spec/stream-part.ts';
import type { Usage } from '../../spec/usage.ts';
import { OpenAIChunks } from '../../views/openai-chunks.ts';
import { openAIUsage } from '../../views/openai-usage.ts';
import type { ReplyFrame } from './chat-reply.ts';
import { frame } from './frames.ts';
import type { IndexedPart } from './merged-parts.ts';
import { summedUsage } from './summed-usage.ts';
import { checkWhole } from './whole-finish.ts';

interface Choice {
  readonly chunks: OpenAIChunks;
  /** Of the first tool call. */
  callIndex: number | undefined;
  usage: Usage | undefined;
}

/** Turns the parts of all choices into the events of one streamed chat completion. */
export class ChatFrames {
  readonly #reply: ReplyFrame;
  readonly #options: { readonly includeUsage: boolean; readonly firstCallOnly: boolean };
  readonly #choices: Choice[];

  constructor(reply: ReplyFrame, count: number, options: { readonly includeUsage: boolean; readonly firstCallOnly: boolean }) {
    this.#reply = reply;
    this.#options = options;
    this.#choices = Array.from({ length: count }, () => ({
      chunks: new OpenAIChunks(() => ({ ...reply, includeUsage: options.includeUsage })),
      callIndex: undefined,
      usage: undefined,
    }));
  }

  /** @throws {TramontaneError} `closed` where the answer was cut short from here */
  framesOf({ index, part }: IndexedPart): string {
    const choice = this.#choices[index];
    if (!choice || (this.#options.firstCallOnly && isFurtherCall(choice, part))) return '';
    if (part.type === 'finish') {
      checkWhole(part.finishReason);
      choice.usage = part.usage;
    }
    return choice.chunks
      .chunksOf(part)
      .filter(({ choices }) => choices.length > 0) // The usage of one choice alone.
      .map((chunk) => frame({ ...chunk, choices: chunk.choices.map((only) => ({ ...only, index })) }))
      .join('');
  }

  /** What ends the stream: the tokens of all choices, where they are asked for, and the mark that it is whole. */
  last(): string {
    if (!this.#options.includeUsage) return 'data: [DONE]\n\n';
    const { id, created, model } = this.#reply;
    const usages = this.#choices.flatMap(({ usage }) => usage ?? []);
    const usage = openAIUsage(summedUsage(usages, usages.length));
    return `${frame({ id, object: 'chat.completion.chunk', created, model, choices: [], usage })}data: [DONE]\n\n`;
  }
}

function isFurtherCall(choice: Choice, part: StreamPart): boolean {
  if (part.type !== 'tool-call-start' && part.type !== 'tool-call-delta' && part.type !== 'tool-call') return false;
  choice.callIndex ??= part.index;
  return part.index !== choice.callIndex;
}
