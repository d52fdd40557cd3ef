import type { EventDecoder, ServerEvent } from '../dialect.ts';
import { ChatDecoder } from './chat-decoder.ts';
import { isChatChunk } from './chat-chunk.ts';
import { errorFrame, readError } from './error-frame.ts';
import { openAILogProbabilities } from './log-probability.ts';
import { countOf, objectOf, objectsOf, parseObject, textOf } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';
import { failedFrame } from './remote-failure.ts';
import { Reply } from './reply.ts';
import type { ReplyCall } from './reply-calls.ts';

/** Of one output item. */
interface OutputItem {
  call: ReplyCall | undefined;
  /** Whether some of its text, or its reasoning, has come. */
  hasText: boolean;
  done: boolean;
}

/** A list of items is never longer; beyond, items are not told apart. */
const mostItems = 4096;

/** Reads the events of OpenAI's responses, whoever sends them (platform.openai.com/docs/api-reference/responses-streaming). */
export class ResponsesDecoder implements EventDecoder {
  readonly #reply = new Reply();
  readonly #items = new Map<number | string, OutputItem>();
  /** A gateway that speaks chat completions where it was asked for responses. */
  #chat: ChatDecoder | undefined;
  #begun = false;

  push(event: ServerEvent): ReturnType<EventDecoder['push']> {
    if (this.#chat) return this.#chat.push(event);
    const reply = this.#reply;
    if (reply.over) return reply.take();
    const { data } = event;
    if (data.trim() === '') return reply.take();
    const frame = parseObject(data);
    if (!this.#begun && frame && isChatChunk(frame)) {
      this.#chat = new ChatDecoder();
      return this.#chat.push(event);
    }
    this.#begun = true;
    if (frame) this.#read(textOf(frame['type']) || (event.event ?? ''), frame);
    else if (data.trim() === '[DONE]') reply.done();
    else reply.fail({ code: 'remote-failed', message: 'the server sent an event that is no JSON object' });
    return reply.take();
  }

  end(): ReturnType<EventDecoder['end']> {
    if (this.#chat) return this.#chat.end();
    this.#reply.closed();
    return this.#reply.take();
  }

  #read(type: string, event: LooseObject): void {
    const reply = this.#reply;
    switch (type) {
      case 'response.output_item.added':
        return this.#itemAdded(event, objectOf(event['item']));
      case 'response.output_item.done':
        return this.#itemDone(event, objectOf(event['item']));
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        this.#itemOf(event).hasText = true;
        reply.logProbabilities(openAILogProbabilities(event['logprobs']));
        return reply.text(textOf(event['delta']));
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
      // vLLM and SGLang before they took over the words of gpt-oss.
      case 'response.reasoning.delta':
        this.#itemOf(event).hasText = true;
        return reply.reasoning(textOf(event['delta']));
      case 'response.reasoning_summary_part.added':
        // Paragraphs of a summary are parts of their own.
        if (this.#itemOf(event).hasText) reply.reasoning('\n\n');
        return undefined;
      case 'response.function_call_arguments.delta':
        return reply.calls.write(this.#callOf(event), textOf(event['delta']));
      case 'response.function_call_arguments.done':
        // LM Studio tells the arguments here only. Whether they were cut is known when the item is done.
        return this.#tellCall(this.#callOf(event), event);
      case 'response.completed':
      case 'response.incomplete':
      case 'response.cancelled':
        return this.#over(type, objectOf(event['response']));
      case 'response.failed':
        return this.#failed(objectOf(event['response']));
      case 'error':
        return reply.fail(failedFrame(errorFrame(event) ?? readError(event)));
      default: {
        // A server that does not stream.
        if (event['object'] === 'response') return this.#whole(event);
        // A failure in any other form; what else is not known is no text of the model.
        const error = type === '' ? errorFrame(event) : undefined;
        return error && reply.fail(failedFrame(error));
      }
    }
  }

  #whole(response: LooseObject): void {
    return response['status'] === 'failed' ? this.#failed(response) : this.#over(`response.${textOf(response['status'])}`, response);
  }

  #itemAdded(event: LooseObject, item: LooseObject): void {
    const known = this.#itemOf(event, item);
    if (item['type'] === 'function_call' && !known.call) {
      known.call = this.#reply.calls.begin(textOf(item['call_id']) || textOf(item['id']), textOf(item['name']));
      if (known.call) this.#reply.calls.write(known.call, textOf(item['arguments']));
    }
  }

  #itemDone(event: LooseObject, item: LooseObject): void {
    const known = this.#itemOf(event, item);
    if (known.done) return;
    known.done = true;
    switch (item['type']) {
      case 'function_call':
        this.#itemAdded(event, known.call ? {} : item);
        this.#tellCall(known.call, item);
        if (known.call && item['status'] !== 'incomplete') this.#reply.calls.finish(known.call);
        return;
      case 'message':
        if (!known.hasText) for (const part of objectsOf(item['content'])) this.#wholeText(part);
        return;
      case 'reasoning':
        if (!known.hasText) {
          for (const part of [...objectsOf(item['summary']), ...objectsOf(item['content'])]) this.#reply.reasoning(textOf(part['text']));
        }
        // What goes back is the item as it came.
        if (textOf(item['id']) !== '') this.#reply.providerData('openai-responses', item);
    }
  }

  #wholeText(part: LooseObject): void {
    this.#reply.logProbabilities(openAILogProbabilities(part['logprobs']));
    this.#reply.text(textOf(part['text']) || textOf(part['refusal']));
  }

  #tellCall(call: ReplyCall | undefined, told: LooseObject): void {
    if (!call) return;
    if (call.name === '') call.name = textOf(told['name']);
    this.#reply.calls.told(call, textOf(told['arguments']));
  }

  #callOf(event: LooseObject): ReplyCall | undefined {
    const item = this.#itemOf(event);
    return (item.call ??= this.#reply.calls.begin(textOf(event['call_id']) || textOf(event['item_id']), textOf(event['name'])));
  }

  #itemOf(event: LooseObject, item: LooseObject = {}): OutputItem {
    const key = countOf(event['output_index']) ?? (textOf(event['item_id']) || textOf(item['id']));
    const known = this.#items.get(key);
    if (known) return known;
    const made: OutputItem = { call: undefined, hasText: false, done: false };
    if (this.#items.size < mostItems) this.#items.set(key, made);
    return made;
  }

  #over(type: string, response: LooseObject): void {
    const reply = this.#reply;
    // What was told in no other event.
    objectsOf(response['output']).forEach((item, at) => this.#itemDone({ output_index: at }, item));
    this.#count(response['usage']);
    const incomplete = textOf(objectOf(response['incomplete_details'])['reason']);
    if (type === 'response.completed' && incomplete === '') reply.reason('stop');
    else reply.reason(incomplete === 'max_output_tokens' || incomplete === 'max_tokens' ? 'length' : 'error');
    reply.done();
  }

  #failed(response: LooseObject): void {
    this.#count(response['usage']);
    const error = errorFrame(response) ?? readError(response);
    this.#reply.fail(failedFrame(error));
  }

  #count(usage: unknown): void {
    const counts = objectOf(usage);
    this.#reply.count({
      inputTokens: countOf(counts['input_tokens']),
      outputTokens: countOf(counts['output_tokens']),
      cachedInputTokens: countOf(objectOf(counts['input_tokens_details'])['cached_tokens']),
    });
  }
}
