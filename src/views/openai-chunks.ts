import { ToolCallFold } from '../accumulate/tool-call-fold.ts';
import type { OpenToolCall } from '../accumulate/tool-call-fold.ts';
import type {
  OpenAIChatChunk,
  OpenAIChatChunkChoice,
  OpenAIChatDelta,
  OpenAITokenLogprob,
  OpenAIToolCallDelta,
} from '../spec/openai-chat-chunk.ts';
import type { FinishPart, StreamPart, ToolCallDeltaPart, ToolCallPart, ToolCallStartPart } from '../spec/stream-part.ts';
import { openAIFinishReason } from './openai-finish-reason.ts';
import { openAILogprob } from './openai-logprob.ts';
import { openAIUsage } from './openai-usage.ts';

/** What is the same in all chunks. */
export interface ChunkFrame {
  readonly id: string;
  readonly model: string;
  readonly created: number;
  readonly includeUsage: boolean;
}

interface SentCall {
  announced: boolean;
  /** How much of the arguments was sent, in UTF-16 units. */
  sent: number;
}

/** Turns the parts of one stream into the chunks of one chat completion: the role first, one finish reason, usage last. */
export class OpenAIChunks {
  readonly #frame: () => ChunkFrame;
  #known: ChunkFrame | undefined;
  readonly #toolCalls = new ToolCallFold();
  readonly #sentCalls = new Map<OpenToolCall, SentCall>();
  /** Of the tokens whose text is still to come. */
  #logprobs: OpenAITokenLogprob[] = [];

  /** @param frame - asked once, when the first part has come */
  constructor(frame: () => ChunkFrame) {
    this.#frame = frame;
  }

  /** The chunks that a part makes. */
  chunksOf(part: StreamPart): OpenAIChatChunk[] {
    const first = this.#known ? [] : [this.#deltaChunk({ role: 'assistant', content: '' })];
    return [...first, ...this.#chunksOf(part)];
  }

  #chunksOf(part: StreamPart): OpenAIChatChunk[] {
    switch (part.type) {
      case 'text-delta':
        return [this.#deltaChunk({ content: part.delta })];
      case 'reasoning-delta':
        return [this.#deltaChunk({ reasoning_content: part.delta })];
      case 'tool-call-start':
      case 'tool-call-delta':
      case 'tool-call': {
        const delta = this.#toolCallDelta(part);
        return delta ? [this.#deltaChunk({ tool_calls: [delta] })] : [];
      }
      case 'log-probabilities':
        this.#logprobs.push(...part.tokens.map(openAILogprob));
        return [];
      case 'finish':
        return this.#lastChunks(part);
      default:
        return [];
    }
  }

  #lastChunks({ finishReason, usage }: FinishPart): OpenAIChatChunk[] {
    const finish = this.#chunk([this.#choice({}, openAIFinishReason(finishReason))]);
    if (!this.#known?.includeUsage) return [finish];
    return [finish, { ...this.#chunk([]), usage: openAIUsage(usage) }];
  }

  /** What of a call was not sent yet; nothing before its name is known. */
  #toolCallDelta(part: ToolCallStartPart | ToolCallDeltaPart | ToolCallPart): OpenAIToolCallDelta | undefined {
    const call = this.#toolCalls.add(part);
    if (!call || call.toolName === '') return undefined;
    const { order: index, toolCallId: id, toolName: name } = call;
    const known = this.#sentCalls.get(call) ?? { announced: false, sent: 0 };
    // Cutting the text so far for every fragment would copy all of it each time.
    const fragmentOnly = part.type === 'tool-call-delta' && known.sent + part.delta.length === call.inputText.length;
    const unsent = fragmentOnly ? part.delta : call.inputText.slice(known.sent);
    this.#sentCalls.set(call, { announced: true, sent: call.inputText.length });
    if (!known.announced) return { index, id, type: 'function', function: { name, arguments: unsent } };
    return unsent === '' ? undefined : { index, function: { arguments: unsent } };
  }

  #deltaChunk(delta: OpenAIChatDelta): OpenAIChatChunk {
    return this.#chunk([this.#choice(delta, null)]);
  }

  #choice(delta: OpenAIChatDelta, finishReason: OpenAIChatChunkChoice['finish_reason']): OpenAIChatChunkChoice {
    const choice = { index: 0, delta, finish_reason: finishReason } as const;
    // The chunk with the role comes before anything that a token says.
    if (this.#logprobs.length === 0 || delta.role) return choice;
    return { ...choice, logprobs: { content: this.#logprobs.splice(0) } };
  }

  #chunk(choices: OpenAIChatChunk['choices']): OpenAIChatChunk {
    this.#known ??= this.#frame();
    const { id, model, created, includeUsage } = this.#known;
    return { id, object: 'chat.completion.chunk', created, model, choices, ...(includeUsage && { usage: null }) };
  }
}
