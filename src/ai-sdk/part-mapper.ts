import { randomUUID } from 'node:crypto';
import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { ToolCallFold } from '../accumulate/tool-call-fold.ts';
import type { OpenToolCall } from '../accumulate/tool-call-fold.ts';
import type { FinishReason } from '../spec/finish-reason.ts';
import type { TokenLogProbabilities } from '../spec/log-probabilities.ts';
import type { ProviderData } from '../spec/provider-data.ts';
import type { FinishPart, StreamPart, ToolCallDeltaPart, ToolCallPart, ToolCallStartPart } from '../spec/stream-part.ts';
import { nothingUsed } from '../spec/usage.ts';
import type { Usage } from '../spec/usage.ts';
import type { CallError } from './call-error.ts';
import type { CallFinish, CallPart } from './call-part.ts';

type ToolPart = ToolCallStartPart | ToolCallDeltaPart | ToolCallPart;
type Metadata = { readonly providerMetadata?: SharedV4ProviderMetadata };

interface SentCall {
  readonly id: string;
  /** How much of the arguments was sent, in UTF-16 units. */
  sent: number;
  ended: boolean;
}

const finishReasons: Readonly<Record<FinishReason, CallFinish['finishReason']['unified']>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool-calls',
  // An abort of the call is an error there, so this is a model that was closed.
  aborted: 'other',
  error: 'error',
};

/** Turns the parts of one stream into the AI SDK's: blocks of text and reasoning, tool calls, one `finish`. */
export class PartMapper {
  /** The block of text or reasoning that is being written. */
  #open: { readonly type: 'text' | 'reasoning'; readonly id: string } | undefined;
  #blocks = 0;
  readonly #toolCalls = new ToolCallFold();
  readonly #sentCalls = new Map<OpenToolCall, SentCall>();
  /** What has come since the last part that could carry it. */
  #providerData: ProviderData[] = [];
  readonly #logProbabilities: TokenLogProbabilities[] = [];

  /** The parts that a part makes. */
  partsOf(part: StreamPart): CallPart[] {
    switch (part.type) {
      case 'text-delta':
        return [...this.#block('text'), { type: 'text-delta', id: this.#id, delta: part.delta }];
      case 'reasoning-delta':
        return [...this.#block('reasoning'), { type: 'reasoning-delta', id: this.#id, delta: part.delta }];
      case 'tool-call-start':
      case 'tool-call-delta':
      case 'tool-call':
        return this.#toolParts(part);
      case 'provider-data':
        this.#providerData.push({ dialect: part.dialect, data: part.data });
        return [];
      case 'log-probabilities':
        this.#logProbabilities.push(...part.tokens);
        return [];
      case 'finish':
        return this.#lastParts(part);
      default:
        return [];
    }
  }

  /** The last parts of a stream that failed. */
  failureParts(error: CallError): CallPart[] {
    const { usage = nothingUsed, timings } = error.partial ?? {};
    return [
      ...this.#closeAll(false),
      { type: 'error', error },
      {
        type: 'finish',
        finishReason: { unified: 'error', raw: error.code },
        usage: usageOf(usage),
        ...(timings && metadata({ timings })),
      },
    ];
  }

  get #id(): string {
    return this.#open?.id ?? '';
  }

  /** Makes the block at hand one of this type. */
  #block(type: 'text' | 'reasoning'): CallPart[] {
    if (this.#open?.type === type) return [];
    const closed = this.#closeBlock();
    this.#open = { type, id: `${type}-${this.#blocks}` };
    this.#blocks += 1;
    return [...closed, { type: `${type}-start`, id: this.#id }];
  }

  #closeBlock(): CallPart[] {
    if (!this.#open) return [];
    const { type, id } = this.#open;
    this.#open = undefined;
    return [{ type: `${type}-end`, id, ...this.#takeProviderData() }];
  }

  #toolParts(part: ToolPart): CallPart[] {
    const call = this.#toolCalls.add(part);
    // A call is announced by its name, which some sources tell later.
    if (!call || call.toolName === '') return [];
    const known = this.#sentCalls.get(call);
    const sent = known ?? { id: call.toolCallId || `call-${randomUUID()}`, sent: 0, ended: false };
    this.#sentCalls.set(call, sent);
    const parts: CallPart[] = known ? [] : [...this.#closeBlock(), { type: 'tool-input-start', id: sent.id, toolName: call.toolName }];
    if (sent.ended) return parts;
    // Cutting the text so far for every fragment would copy all of it each time.
    const fragmentOnly = part.type === 'tool-call-delta' && sent.sent + part.delta.length === call.inputText.length;
    const delta = fragmentOnly ? part.delta : call.inputText.slice(sent.sent);
    sent.sent = call.inputText.length;
    if (delta !== '') parts.push({ type: 'tool-input-delta', id: sent.id, delta });
    return call.complete ? [...parts, ...this.#endCall(call, sent, true)] : parts;
  }

  #endCall(call: OpenToolCall, sent: SentCall, whole: boolean): CallPart[] {
    sent.ended = true;
    const ended: CallPart = { type: 'tool-input-end', id: sent.id };
    if (!whole) return [ended];
    const input = call.inputText.trim() === '' ? '{}' : call.inputText;
    return [ended, { type: 'tool-call', toolCallId: sent.id, toolName: call.toolName, input, ...this.#takeProviderData() }];
  }

  #lastParts({ finishReason, usage, timings }: FinishPart): CallPart[] {
    const logProbabilities = this.#logProbabilities;
    return [
      ...this.#closeAll(finishReason === 'stop' || finishReason === 'tool-calls'),
      ...this.#leftProviderData(),
      {
        type: 'finish',
        finishReason: { unified: finishReasons[finishReason] ?? 'other', raw: finishReason },
        usage: usageOf(usage),
        ...metadata({ timings, ...(logProbabilities.length > 0 && { logProbabilities }) }),
      },
    ];
  }

  /** Ends what is open. A call that is known by fragments only is whole where the answer came to its own end. */
  #closeAll(endedWell: boolean): CallPart[] {
    const calls = [...this.#sentCalls].filter(([, sent]) => !sent.ended);
    return [...this.#closeBlock(), ...calls.flatMap(([call, sent]) => this.#endCall(call, sent, endedWell && isJson(call.inputText)))];
  }

  #takeProviderData(): Metadata {
    const providerData = this.#providerData.splice(0);
    return providerData.length === 0 ? {} : metadata({ providerData });
  }

  /** What came after all that could carry it: in a block of its own, without text. */
  #leftProviderData(): CallPart[] {
    return this.#providerData.length === 0 ? [] : [...this.#block('reasoning'), ...this.#closeBlock()];
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text.trim() === '' ? '{}' : text);
    return true;
  } catch {
    return false;
  }
}

function metadata(values: object): Metadata {
  return { providerMetadata: { tramontane: values as SharedV4ProviderMetadata[string] } };
}

/** The split of the output into text and reasoning is not counted. Zero of everything means that nobody has counted. */
function usageOf(usage: Usage): CallFinish['usage'] {
  const counted = usage.totalTokens > 0;
  return {
    inputTokens: {
      total: counted ? usage.inputTokens : undefined,
      noCache: counted ? usage.inputTokens - usage.cachedInputTokens : undefined,
      cacheRead: counted ? usage.cachedInputTokens : undefined,
      cacheWrite: undefined,
    },
    outputTokens: { total: counted ? usage.outputTokens : undefined, text: undefined, reasoning: undefined },
    ...(counted && { raw: { ...usage } }),
  };
}
