import type { AssistantMessage, ToolCall } from '../spec/assistant-message.ts';
import type { TokenLogProbabilities } from '../spec/log-probabilities.ts';
import type { ProviderData } from '../spec/provider-data.ts';
import type { FinishPart, StreamPart } from '../spec/stream-part.ts';
import { ToolCallFold } from './tool-call-fold.ts';

/**
 * Puts a message together from the parts of its stream, whichever source they come from. It can be looked at after any
 * part, so that a view can show the message as it grows.
 *
 * Tool calls are put together by `index` and `toolCallId`, with the fragments of their arguments joined. Indexes may
 * have gaps, come out of order, or be used again under another id; ids may be empty after the start. At most 128 calls
 * with indexes below 128 are kept.
 *
 * @example
 * const fold = new MessageFold();
 * for await (const part of stream) show(fold.add(part).message);
 */
export class MessageFold {
  #text = '';
  #reasoning = '';
  #finish: FinishPart | undefined;
  readonly #toolCalls = new ToolCallFold();
  readonly #providerData: ProviderData[] = [];
  #logProbabilities: TokenLogProbabilities[] | undefined;

  /** Takes in the next part; types it does not know have no effect. Gives itself. */
  add(part: StreamPart): this {
    switch (part.type) {
      case 'text-delta':
        this.#text += part.delta;
        break;
      case 'reasoning-delta':
        this.#reasoning += part.delta;
        break;
      case 'finish':
        this.#finish = part;
        break;
      case 'log-probabilities':
        (this.#logProbabilities ??= []).push(...part.tokens);
        break;
      case 'provider-data':
        this.#providerData.push({ dialect: part.dialect, data: part.data });
        break;
      case 'tool-call-start':
      case 'tool-call-delta':
      case 'tool-call':
        this.#toolCalls.add(part);
        break;
    }
    return this;
  }

  /** The text so far. */
  get text(): string {
    return this.#text;
  }

  /** The reasoning so far; `''` where there was none. */
  get reasoning(): string {
    return this.#reasoning;
  }

  /**
   * The tool calls that are complete so far. Calls known only by their fragments are complete once the stream has
   * finished with reason `stop` or `tool-calls` and their arguments are JSON; what `length` or `aborted` cut off must
   * not be run, even where it can be parsed.
   */
  get toolCalls(): ToolCall[] {
    const reason = this.#finish?.finishReason;
    return this.#toolCalls.calls(reason === 'stop' || reason === 'tool-calls');
  }

  /** How likely each token was, so far; `undefined` where nothing was said of it. They are no part of the message. */
  get logProbabilities(): readonly TokenLogProbabilities[] | undefined {
    return this.#logProbabilities;
  }

  /** The `finish` part with reason, usage and timings, once it has come. */
  get finish(): FinishPart | undefined {
    return this.#finish;
  }

  /** The message so far. `reasoning`, `toolCalls` and `providerData` are left out where there are none. */
  get message(): AssistantMessage {
    const { toolCalls } = this;
    return {
      role: 'assistant',
      content: this.#text,
      ...(this.#reasoning !== '' && { reasoning: this.#reasoning }),
      ...(toolCalls.length > 0 && { toolCalls }),
      ...(this.#providerData.length > 0 && { providerData: [...this.#providerData] }),
    };
  }
}
