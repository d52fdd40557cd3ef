import type { FinishReason } from '../../spec/finish-reason.ts';
import type { EventDecoder, ServerEvent } from '../dialect.ts';
import { errorFrame, readError } from './error-frame.ts';
import { countOf, objectOf, objectsOf, parseObject, textOf } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';
import type { PlacedData } from './placed-data.ts';
import { failedFrame } from './remote-failure.ts';
import type { ReplyCall } from './reply-calls.ts';
import { Reply } from './reply.ts';

/** docs.anthropic.com/en/api/handling-stop-reasons */
const stopReasons: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  // The server's own tools made a pause; the turn can be sent back to go on.
  ['pause_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'error'],
]);

interface Block {
  readonly type: string;
  readonly call: ReplyCall | undefined;
  /** What `content_block_start` had of it. */
  readonly start: LooseObject;
  thinking: string;
  signature: string;
}

/** Blocks beyond are not told apart. */
const mostBlocks = 4096;

/** Reads the events of Anthropic's messages (docs.anthropic.com/en/docs/build-with-claude/streaming). */
export class AnthropicDecoder implements EventDecoder {
  readonly #reply = new Reply();
  readonly #blocks = new Map<number, Block>();
  #textLength = 0;
  #calls = 0;
  readonly #stoppedCalls: ReplyCall[] = [];

  push({ event, data }: ServerEvent): ReturnType<EventDecoder['push']> {
    const reply = this.#reply;
    if (!reply.over && data.trim() !== '') {
      const frame = parseObject(data);
      if (frame) this.#read(textOf(frame['type']) || (event ?? ''), frame);
      else if (data.trim() === '[DONE]') reply.done();
      else if (event !== 'ping') reply.fail({ code: 'remote-failed', message: 'the server sent an event that is no JSON object' });
    }
    return reply.take();
  }

  end(): ReturnType<EventDecoder['end']> {
    this.#reply.closed();
    return this.#reply.take();
  }

  #read(type: string, event: LooseObject): void {
    switch (type) {
      case 'message_start':
        return this.#count(objectOf(event['message'])['usage']);
      case 'content_block_start':
        return this.#start(countOf(event['index']) ?? 0, objectOf(event['content_block']));
      case 'content_block_delta':
        return this.#delta(countOf(event['index']) ?? 0, objectOf(event['delta']));
      case 'content_block_stop':
        return this.#stop(countOf(event['index']) ?? 0);
      case 'message_delta':
        return this.#messageDelta(event);
      case 'message_stop':
        return this.#reply.done();
      case 'message':
        return this.#wholeMessage(event);
      default: {
        // Pings and what later versions add are no text of the model.
        const error = errorFrame(event) ?? (type === 'error' ? readError(event) : undefined);
        return error && this.#reply.fail(failedFrame(error));
      }
    }
  }

  #start(index: number, start: LooseObject): void {
    const type = textOf(start['type']);
    this.#stop(index);
    // A block that `max_tokens` cuts is stopped like any other: a call is known to be whole once something follows.
    for (const stopped of this.#stoppedCalls.splice(0)) this.#reply.calls.finish(stopped);
    const called = type === 'tool_use';
    const call = called ? this.#reply.calls.begin(textOf(start['id']), textOf(start['name'])) : undefined;
    const block = { type, call, start, thinking: '', signature: textOf(start['signature']) };
    if (this.#blocks.size < mostBlocks) this.#blocks.set(index, block);
    if (call) {
      this.#calls += 1;
      // Most send an empty object here and the arguments in deltas.
      const input = objectOf(start['input']);
      if (Object.keys(input).length > 0) this.#reply.calls.write(call, JSON.stringify(input));
    }
    this.#text(textOf(start['text']));
    this.#thinking(block, textOf(start['thinking']));
  }

  #delta(index: number, delta: LooseObject): void {
    const block = this.#blocks.get(index);
    switch (delta['type']) {
      case 'text_delta':
        return this.#text(textOf(delta['text']));
      case 'thinking_delta':
        return this.#thinking(block, textOf(delta['thinking']));
      case 'signature_delta':
        if (block) block.signature += textOf(delta['signature']);
        return undefined;
      case 'input_json_delta':
        return this.#reply.calls.write(block?.call, textOf(delta['partial_json']));
      default:
        // Citations, and what later versions add.
        return undefined;
    }
  }

  #stop(index: number): void {
    const block = this.#blocks.get(index);
    if (!block) return;
    this.#blocks.delete(index);
    if (block.call) this.#stoppedCalls.push(block.call);
    if (block.type === 'redacted_thinking') this.#keep(block.start);
    else if (block.type === 'thinking' && block.signature !== '') {
      this.#keep({ type: 'thinking', thinking: block.thinking, signature: block.signature });
    }
  }

  #messageDelta(event: LooseObject): void {
    this.#count(event['usage']);
    const reason = textOf(objectOf(event['delta'])['stop_reason']);
    if (reason !== '') this.#reply.reason(stopReasons.get(reason) ?? 'stop');
  }

  /** A server that does not stream. */
  #wholeMessage(message: LooseObject): void {
    objectsOf(message['content']).forEach((block, index) => {
      this.#start(index, block);
      this.#stop(index);
    });
    this.#messageDelta({ usage: message['usage'], delta: message });
    this.#reply.done();
  }

  #text(text: string): void {
    this.#textLength += text.length;
    this.#reply.text(text);
  }

  #thinking(block: Block | undefined, thinking: string): void {
    if (block) block.thinking += thinking;
    this.#reply.reasoning(thinking);
  }

  #keep(block: LooseObject): void {
    const placed: PlacedData = { block, textBefore: this.#textLength, callsBefore: this.#calls };
    this.#reply.providerData('anthropic', placed);
  }

  /** `input_tokens` leaves out what came from the cache and what went into it. */
  #count(usage: unknown): void {
    const counts = objectOf(usage);
    const read = countOf(counts['cache_read_input_tokens']);
    const fresh = countOf(counts['input_tokens']);
    this.#reply.count({
      inputTokens: fresh === undefined ? undefined : fresh + (read ?? 0) + (countOf(counts['cache_creation_input_tokens']) ?? 0),
      outputTokens: countOf(counts['output_tokens']),
      cachedInputTokens: read,
    });
  }
}
