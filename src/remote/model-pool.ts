import { checkChoices } from '../request/check-choices.ts';
import { checkPoolOptions } from '../request/check-pool.ts';
import { checkChatRequest, checkCompletionRequest, checkPromptRequest } from '../request/check-request.ts';
import type { CheckedRequest } from '../request/check-request.ts';
import { guardCheck, wrongValue } from '../request/check-value.ts';
import type { ChatMessage } from '../spec/chat-message.ts';
import type { CompletionRequest } from '../spec/completion-request.ts';
import type { GenerateOptions } from '../spec/generate-options.ts';
import type { ModelMetrics } from '../spec/model-metrics.ts';
import type { MemberHealth, PoolOptions } from '../spec/pool-options.ts';
import type { TramontaneError } from '../spec/tramontane-error.ts';
import { FailedSource } from '../stream/failed-source.ts';
import { Generation } from '../stream/generation.ts';
import { GenerationStream } from '../stream/generation-stream.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import { PoolMember } from './pool-member.ts';
import { PoolSource } from './pool-source.ts';

/**
 * Several models behind one: several places of the same engine, or a model in this process with a remote one to help out.
 *
 * A stream goes to the member that has the fewest, the first of these. Where that fails before anything of its answer
 * came, by a failure of its own and not of the request, the next one is asked; it then rests for a second to a minute,
 * longer each time, or for as long as it has said, and one stream tries whether it is well again. Once something of an
 * answer has come, the stream stays where it is. What a member retries by itself (`retries`) comes first.
 *
 * @param members - At least one; they are closed with the pool.
 * @param options - When a second member is asked.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 * @example Local, and remote where that takes too long
 * const model = poolModels([await loadModel('./model.gguf'), connect('openai:gpt-5')], { hedgeAfterMs: 2000 });
 */
export function poolModels(members: readonly LanguageModel[], options?: PoolOptions): ModelPool {
  const checked = guardCheck('members', () => {
    if (!Array.isArray(members) || members.length === 0) throw wrongValue('members', 'an array of at least one model', members);
    return Array.from(members, (model: Partial<LanguageModel> | undefined, index) => {
      if (typeof model?.streamCompletion !== 'function' || typeof model.info?.model !== 'string') throw wrongValue(`members[${index}]`, 'a model', model);
      return new PoolMember(model as LanguageModel);
    });
  });
  return ModelPool.of(checked, checkPoolOptions(options).hedgeAfterMs);
}

/** Several models behind one; make one with {@link poolModels}. */
export class ModelPool implements LanguageModel {
  /** The names of its members' models. */
  readonly info: { readonly model: string };
  readonly #members: readonly PoolMember[];
  readonly #hedgeAfterMs: number;

  private constructor(members: readonly PoolMember[], hedgeAfterMs: number) {
    this.info = { model: [...new Set(members.map(({ model }) => model.info.model))].join(', ') };
    this.#members = members;
    this.#hedgeAfterMs = hedgeAfterMs;
  }

  /** @internal */
  static of(members: readonly PoolMember[], hedgeAfterMs: number): ModelPool {
    return new ModelPool(members, hedgeAfterMs);
  }

  /** As {@link Model.streamPrompt}. */
  streamPrompt(prompt: string, options?: GenerateOptions): GenerationStream {
    return this.#stream(() => checkPromptRequest(prompt, options));
  }

  /** As {@link Model.streamChat}. Where all members have failed, reading throws the last one's error. */
  streamChat(messages: readonly ChatMessage[], options?: GenerateOptions): GenerationStream {
    return this.#stream(() => checkChatRequest(messages, options));
  }

  /** As {@link Model.streamCompletion}. */
  streamCompletion(request: CompletionRequest): GenerationStream {
    return this.#stream(() => checkCompletionRequest(request));
  }

  /** As {@link Model.streamChoices}; they may come from different members. */
  streamChoices(request: CompletionRequest, count: number): GenerationStream[] {
    return checkChoices(request, count).map((check) => this.#stream(check));
  }

  /** How its members are doing, in the order in which they were given. */
  health(): MemberHealth[] {
    return this.#members.map(({ health }) => health);
  }

  /** The counts of all members together, also of streams that they have besides this pool. */
  metrics(): ModelMetrics {
    const [first, ...others] = this.#members.map(({ model }) => model.metrics());
    const sums = { ...first } as Record<keyof ModelMetrics, number>;
    for (const metrics of others) for (const name of Object.keys(sums) as (keyof ModelMetrics)[]) sums[name] += metrics[name];
    return sums;
  }

  /** Closes all members. */
  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ model }) => model.close()));
  }

  /** Closes the pool at the end of an `await using` scope. The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #stream(check: () => CheckedRequest): GenerationStream {
    try {
      const request = check();
      return GenerationStream.of(new Generation(new PoolSource(this.#members, request, this.#hedgeAfterMs), request));
    } catch (error) {
      return GenerationStream.of(new Generation(new FailedSource(error as TramontaneError)));
    }
  }
}
