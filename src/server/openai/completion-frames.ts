import type { FinishPart } from '../../spec/stream-part.ts';
import type { TokenLogProbabilities } from '../../spec/log-probabilities.ts';
import type { Usage } from '../../spec/usage.ts';
import { openAIFinishReason } from '../../views/openai-finish-reason.ts';
import { openAIUsage } from '../../views/openai-usage.ts';
import type { ReplyFrame } from './chat-reply.ts';
import { completionLogprobs } from './completion-logprobs.ts';
import type { CompletionLogprobs } from './completion-logprobs.ts';
import type { RawCompletionRequest } from './completion-request.ts';
import { frame } from './frames.ts';
import type { IndexedPart } from './merged-parts.ts';
import { summedUsage } from './summed-usage.ts';
import { checkWhole } from './whole-finish.ts';

interface Choice {
  /** What goes before the first text. */
  echo: string;
  /** Of the tokens whose text is still to come. */
  tokens: TokenLogProbabilities[];
  /** How long the text of the tokens told is, in UTF-16 units. */
  told: number;
  usage: Usage | undefined;
}

/** Turns the parts of all choices into the events of one streamed text completion. */
export class CompletionFrames {
  readonly #reply: ReplyFrame;
  readonly #count: number;
  readonly #includeUsage: boolean;
  readonly #choices: readonly Choice[];

  constructor(reply: ReplyFrame, { count, echoes, includeUsage }: RawCompletionRequest) {
    this.#reply = reply;
    this.#count = count;
    this.#includeUsage = includeUsage;
    this.#choices = echoes.flatMap((echo) => Array.from({ length: count }, () => ({ echo, tokens: [], told: 0, usage: undefined })));
  }

  /** @throws {TramontaneError} `closed` where the answer was cut short from here */
  framesOf({ index, part }: IndexedPart): string {
    const choice = this.#choices[index];
    if (!choice) return '';
    switch (part.type) {
      case 'log-probabilities':
        choice.tokens.push(...part.tokens);
        return '';
      case 'text-delta':
        return this.#frame(index, choice, part.delta, null);
      case 'finish':
        checkWhole(part.finishReason);
        choice.usage = part.usage;
        return this.#frame(index, choice, '', part.finishReason);
      default:
        return '';
    }
  }

  /** What ends the stream: the tokens of all choices, where they are asked for, and the mark that it is whole. */
  last(): string {
    if (!this.#includeUsage) return 'data: [DONE]\n\n';
    const { id, created, model } = this.#reply;
    const usage = openAIUsage(summedUsage(this.#choices.flatMap((choice) => choice.usage ?? []), this.#count));
    return `${frame({ id, object: 'text_completion', created, model, choices: [], usage })}data: [DONE]\n\n`;
  }

  #frame(index: number, choice: Choice, delta: string, finishReason: FinishPart['finishReason'] | null): string {
    const text = `${choice.echo}${delta}`;
    choice.echo = '';
    const { id, created, model } = this.#reply;
    const only = { index, text, logprobs: takeLogprobs(choice), finish_reason: finishReason && openAIFinishReason(finishReason) };
    return frame({ id, object: 'text_completion', created, model, choices: [only], ...(this.#includeUsage && { usage: null }) });
  }
}

function takeLogprobs(choice: Choice): CompletionLogprobs | null {
  const tokens = choice.tokens.splice(0);
  if (tokens.length === 0) return null;
  const logprobs = completionLogprobs(tokens, choice.told);
  choice.told += tokens.reduce((length, { text }) => length + text.length, 0);
  return logprobs;
}
