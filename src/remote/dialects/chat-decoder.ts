import type { FinishReason } from '../../spec/finish-reason.ts';
import type { EventDecoder, ServerEvent } from '../dialect.ts';
import type { Quirks } from '../quirks.ts';
import { errorFrame, readError } from './error-frame.ts';
import { boundedLogProbability, openAILogProbabilities, unknownTokenId } from './log-probability.ts';
import { countOf, firstText, isObject, objectOf, objectsOf, parseObject, textOf } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';
import { failedFrame } from './remote-failure.ts';
import { Reply } from './reply.ts';

/**
 * Where reasoning is found: `reasoning_content` is DeepSeek's and most others', `reasoning` vLLM's (since 0.12) and
 * OpenRouter's, `reasoning_text` GitHub Copilot's, `thinking` that of gateways to Anthropic.
 */
const reasoningFields = ['reasoning_content', 'reasoning', 'reasoning_text', 'thinking'];

const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  // Other servers' words: Mistral's, Zhipu's and Hunyuan's (`sensitive`), gateways' to Anthropic and Google, TGI's.
  ['model_length', 'length'],
  ['max_tokens', 'length'],
  ['MAX_TOKENS', 'length'],
  ['end_turn', 'stop'],
  ['eos', 'stop'],
  ['eos_token', 'stop'],
  ['stop_sequence', 'stop'],
  ['STOP', 'stop'],
  ['tool_use', 'tool-calls'],
  ['content_filter', 'error'],
  ['sensitive', 'error'],
  ['network_error', 'error'],
  ['insufficient_system_resource', 'error'],
  ['error', 'error'],
  // vLLM and mistralrs, when their own side gave up.
  ['abort', 'error'],
  ['canceled', 'error'],
]);

/** Reads chat completion chunks, and completion chunks, of OpenAI and all who copy them. */
export class ChatDecoder implements EventDecoder {
  readonly #reply = new Reply();
  readonly #reasoningFields: readonly string[];
  readonly #tellsReason: boolean;

  constructor(quirks: Quirks = {}) {
    this.#reasoningFields = quirks.reasoningFields ?? reasoningFields;
    this.#tellsReason = quirks.tellsReason === true;
  }

  push({ event, data }: ServerEvent): ReturnType<EventDecoder['push']> {
    const reply = this.#reply;
    if (!reply.over) this.#read(event, data);
    return reply.take();
  }

  end(): ReturnType<EventDecoder['end']> {
    this.#reply.closed();
    return this.#reply.take();
  }

  #read(event: string | undefined, data: string): void {
    if (data.startsWith('[DONE]') || (data.length < 64 && data.trim() === '[DONE]')) {
      return this.#tellsReason ? this.#reply.closed() : this.#reply.done();
    }
    const chunk = parseObject(data);
    if (!chunk) {
      if (event === 'error') return this.#reply.fail(failedFrame(readError({ message: data.trim() })));
      // An event without data keeps the connection alive.
      return data.trim() === '' ? undefined : this.#unreadable();
    }
    const { choices } = chunk;
    const error = event === 'error' ? (errorFrame(chunk) ?? readError(chunk)) : this.#errorOf(chunk);
    if (error) return this.#reply.fail(failedFrame(error));
    this.#count(chunk['usage']);
    // Groq counts here.
    this.#count(objectOf(chunk['x_groq'])['usage']);
    const choice = objectsOf(choices).find(({ index }) => index === undefined || index === null || index === 0);
    if (choice) this.#choice(choice);
  }

  /** An `error` that is null, as some servers have it in every chunk, is none. */
  #errorOf(chunk: LooseObject): ReturnType<typeof errorFrame> {
    return chunk['choices'] === undefined || isObject(chunk['error']) ? errorFrame(chunk) : undefined;
  }

  #choice(choice: LooseObject): void {
    // OpenRouter's upstream failed.
    const error = isObject(choice['error']) ? errorFrame(choice) : undefined;
    if (error) return this.#reply.fail(failedFrame(error));
    this.#logProbabilities(choice['logprobs']);
    // A server that does not stream answers with `message`; completions have `text`.
    this.#delta(isObject(choice['delta']) ? choice['delta'] : objectOf(choice['message']));
    this.#reply.text(textOf(choice['text']));
    // Moonshot counts here.
    this.#count(choice['usage']);
    const reason = textOf(choice['finish_reason']);
    // A word that nobody here knows is still the end of the answer.
    if (reason !== '') this.#reply.reason(finishReasons.get(reason) ?? 'stop');
  }

  #delta(delta: LooseObject): void {
    const reply = this.#reply;
    reply.reasoning(firstText(delta, this.#reasoningFields));
    const { content } = delta;
    if (typeof content === 'string') reply.text(content);
    else if (content) this.#contentParts(content);
    reply.text(textOf(delta['refusal']));
    const calls = objectsOf(delta['tool_calls']);
    for (const call of calls) this.#toolCall(countOf(call['index']), textOf(call['id']), call['function']);
    // What there was before tool calls; llama-cpp-python says the same twice.
    if (calls.length === 0 && isObject(delta['function_call'])) this.#toolCall(0, '', delta['function_call']);
  }

  /** Mistral's: `[{ type: "thinking", thinking: [{ type: "text", text }] }, { type: "text", text }]`. */
  #contentParts(content: unknown): void {
    for (const part of objectsOf(content)) {
      if (part['type'] === 'thinking') {
        const { thinking } = part;
        this.#reply.reasoning(textOf(thinking));
        for (const piece of objectsOf(thinking)) this.#reply.reasoning(textOf(piece['text']));
      } else this.#reply.text(textOf(part['text']));
    }
  }

  #toolCall(index: number | undefined, id: string, called: unknown): void {
    const { name, arguments: input } = objectOf(called);
    // Some send the arguments as what they are instead of as text.
    const inputText = typeof input === 'string' ? input : isObject(input) ? JSON.stringify(input) : '';
    this.#reply.calls.add({ index, id, name: textOf(name), inputText });
  }

  #logProbabilities(logprobs: unknown): void {
    if (!isObject(logprobs)) return;
    this.#reply.logProbabilities([
      ...openAILogProbabilities(logprobs['content']),
      ...openAILogProbabilities(logprobs['refusal']),
      ...completionLogProbabilities(logprobs),
    ]);
  }

  #count(usage: unknown): void {
    if (!isObject(usage)) return;
    this.#reply.count({
      inputTokens: countOf(usage['prompt_tokens']),
      outputTokens: countOf(usage['completion_tokens']),
      cachedInputTokens:
        countOf(objectOf(usage['prompt_tokens_details'])['cached_tokens']) ??
        // DeepSeek's and Moonshot's places for it.
        countOf(usage['prompt_cache_hit_tokens']) ??
        countOf(usage['cached_tokens']),
    });
  }

  #unreadable(): void {
    // Its text is left out: it may be anything, a key included.
    this.#reply.fail({ code: 'remote-failed', message: 'the server sent an event that is no JSON object' });
  }
}

/** Those of completions: `{ tokens: [...], token_logprobs: [...], top_logprobs: [{ token: number }] }`. */
function completionLogProbabilities({ tokens, token_logprobs: chosen, top_logprobs: top }: LooseObject) {
  if (!Array.isArray(tokens)) return [];
  return tokens.map((token: unknown, at) => ({
    tokenId: unknownTokenId,
    text: textOf(token).toWellFormed(),
    logProbability: boundedLogProbability(Array.isArray(chosen) ? chosen[at] : undefined),
    alternatives: Object.entries(objectOf(Array.isArray(top) ? top[at] : undefined)).map(([text, likely]) => ({
      tokenId: unknownTokenId,
      text: text.toWellFormed(),
      logProbability: boundedLogProbability(likely),
    })),
  }));
}
