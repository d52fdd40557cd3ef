import type { FailurePart } from '../spec/failure-part.ts';
import type { FinishPart, StreamPart } from '../spec/stream-part.ts';
import type { Usage } from '../spec/usage.ts';
import { openAILogprob } from './openai-logprob.ts';

/** An event of OpenAI's responses, as `data` has it. */
export interface ResponsesEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly [field: string]: unknown;
}

/** What is the same in all events of one response. */
export interface ResponseFrame {
  readonly id: string;
  readonly model: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
  /** What the request said and the response says again: `instructions`, `tools`, … In place of what is said of none. */
  readonly asked?: Readonly<Record<string, unknown>> | undefined;
}

/** Why a response failed, as its reader is told. */
export interface ResponseFailure {
  readonly code: string;
  readonly message: string;
  /** The field of the request at fault. */
  readonly param: string | null;
}

/** An item of a response's `output`. */
export type OutputItem = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

/** A response as OpenAI has it, as far as anything here looks at it. */
export interface ResponseObject {
  readonly id: string;
  readonly status: string;
  readonly output: readonly OutputItem[];
  readonly [field: string]: unknown;
}

/** An item of running text: the answer or the reasoning. */
interface TextItem {
  readonly kind: 'message' | 'reasoning';
  readonly index: number;
  readonly id: string;
  text: string;
  readonly logprobs: object[];
}

interface CallItem {
  readonly index: number;
  readonly id: string;
  readonly callId: string;
  readonly name: string;
  inputText: string;
  done: boolean;
}

/**
 * Makes of a stream's parts the events of OpenAI's responses
 * (platform.openai.com/docs/api-reference/responses-streaming), whatever the parts come from. The order and the rules are
 * those of the reference and of what openai-node's accumulator refuses otherwise: `response.created` first; items
 * appended one by one, each with an id of its own; every delta under the `output_index` and `item_id` of its item; one
 * terminal event; `sequence_number` from 0 without gaps.
 */
export class ResponsesEvents {
  readonly #frame: ResponseFrame;
  #sequence = 0;
  #events: ResponsesEvent[] = [];
  readonly #output: OutputItem[] = [];
  #open: TextItem | undefined;
  readonly #calls = new Map<number, CallItem>();
  #logprobs: object[] = [];
  #last: ResponseObject | undefined;

  constructor(frame: ResponseFrame) {
    this.#frame = frame;
  }

  /** The events that a part makes; none after the last. */
  push(part: StreamPart | FailurePart): readonly ResponsesEvent[] {
    if (this.#last) return [];
    const begun = this.begin();
    this.#events = [];
    this.#take(part);
    return [...begun, ...this.#events];
  }

  /** The events of a failure, in place of the last part; none after the last. */
  fail(failure: ResponseFailure, usage?: Usage): readonly ResponsesEvent[] {
    if (this.#last) return [];
    const begun = this.begin();
    this.#events = [];
    this.#fail(failure, usage);
    return [...begun, ...this.#events];
  }

  /** The events before any part; none where they were made already. */
  begin(): readonly ResponsesEvent[] {
    if (this.#sequence > 0) return [];
    this.#events = [];
    this.#emit('response.created', { response: this.response });
    this.#emit('response.in_progress', { response: this.response });
    return this.#events;
  }

  /** The response as it stands. What is given does not change with what comes. */
  get response(): ResponseObject {
    return this.#last ?? this.#response('in_progress');
  }

  #take(part: StreamPart | FailurePart): void {
    switch (part.type) {
      case 'text-delta':
        return this.#text('message', part.delta);
      case 'reasoning-delta':
        return this.#text('reasoning', part.delta);
      case 'log-probabilities':
        this.#logprobs.push(...part.tokens.map(openAILogprob));
        return;
      case 'tool-call-start':
        this.#callOf(part.index, part.toolCallId, part.toolName);
        return;
      case 'tool-call-delta':
        return this.#callDelta(this.#calls.get(part.index), part.delta);
      case 'tool-call':
        return this.#callDone(this.#callOf(part.index, part.toolCallId, part.toolName), part.inputText);
      case 'finish':
        return this.#finish(part);
      case 'error':
        return this.#fail({ code: part.error.code, message: part.error.message, param: part.error.field ?? null }, part.usage);
    }
  }

  #text(kind: TextItem['kind'], delta: string): void {
    const item = this.#open?.kind === kind ? this.#open : this.#openText(kind);
    item.text += delta;
    const fields = { item_id: item.id, output_index: item.index, content_index: 0, delta };
    if (kind === 'reasoning') {
      // There is no place for those of anything but the answer.
      this.#takeLogprobs();
      return this.#emit('response.reasoning_text.delta', fields);
    }
    const logprobs = this.#takeLogprobs();
    item.logprobs.push(...logprobs);
    this.#emit('response.output_text.delta', { ...fields, logprobs });
  }

  #takeLogprobs(): object[] {
    const logprobs = this.#logprobs;
    this.#logprobs = [];
    return logprobs;
  }

  #openText(kind: TextItem['kind']): TextItem {
    this.#closeText('completed');
    const id = this.#nextId(kind === 'message' ? 'msg' : 'rs');
    const empty = { id, type: kind, status: 'in_progress', content: [], ...(kind === 'message' ? { role: 'assistant' } : { summary: [] }) };
    const item = { kind, index: this.#add(empty), id, text: '', logprobs: [] };
    this.#open = item;
    this.#emit('response.content_part.added', { item_id: id, output_index: item.index, content_index: 0, part: textPart(item) });
    return item;
  }

  #closeText(status: 'completed' | 'incomplete'): void {
    const item = this.#open;
    if (!item) return;
    this.#open = undefined;
    const place = { item_id: item.id, output_index: item.index, content_index: 0 };
    if (item.kind === 'reasoning') this.#emit('response.reasoning_text.done', { ...place, text: item.text });
    else this.#emit('response.output_text.done', { ...place, text: item.text, logprobs: item.logprobs });
    this.#emit('response.content_part.done', { ...place, part: textPart(item) });
    this.#itemDone(item.index, { status, content: [textPart(item)] });
  }

  #callOf(index: number, callId: string, name: string): CallItem {
    const known = this.#calls.get(index);
    if (known) return known;
    this.#closeText('completed');
    this.#takeLogprobs();
    const id = this.#nextId('fc');
    // A call that its source has not named is answered by the name it gets here.
    const item = { id, type: 'function_call', status: 'in_progress', call_id: callId || `call_${id.slice('fc_'.length)}`, name, arguments: '' };
    const call = { index: this.#add(item), id, callId, name, inputText: '', done: false };
    this.#calls.set(index, call);
    return call;
  }

  #callDelta(call: CallItem | undefined, delta: string): void {
    if (!call || call.done || delta === '') return;
    call.inputText += delta;
    this.#emit('response.function_call_arguments.delta', { item_id: call.id, output_index: call.index, delta });
  }

  #callDone(call: CallItem, inputText: string): void {
    if (call.done) return;
    this.#callDelta(call, inputText.slice(call.inputText.length));
    call.done = true;
    const { id, index, name } = call;
    this.#emit('response.function_call_arguments.done', { item_id: id, output_index: index, name, arguments: inputText });
    this.#itemDone(index, { status: 'completed', arguments: inputText });
  }

  #finish({ finishReason, usage }: FinishPart): void {
    const complete = finishReason === 'stop' || finishReason === 'tool-calls';
    this.#close(complete ? 'completed' : 'incomplete');
    if (complete) return this.#end('response.completed', this.#response('completed', usage));
    // There is a status for an answer that was cancelled, and no event of its own.
    if (finishReason === 'aborted') return this.#end('response.incomplete', this.#response('cancelled', usage));
    // There is no word for an answer that was given up but that of a filter.
    const reason = finishReason === 'error' ? 'content_filter' : 'max_output_tokens';
    this.#end('response.incomplete', { ...this.#response('incomplete', usage), incomplete_details: { reason } });
  }

  #fail({ code, message, param }: ResponseFailure, usage: Usage | undefined): void {
    this.#close('incomplete');
    this.#emit('error', { code, message, param });
    this.#end('response.failed', { ...this.#response('failed', usage), error: { code, message } });
  }

  #close(status: 'completed' | 'incomplete'): void {
    this.#closeText(status);
    for (const call of this.#calls.values()) {
      if (!call.done) this.#itemDone(call.index, { status: 'incomplete', arguments: call.inputText });
    }
  }

  #end(type: string, response: ResponseObject): void {
    this.#last = response;
    this.#emit(type, { response });
  }

  #add(item: OutputItem): number {
    const index = this.#output.push(item) - 1;
    this.#emit('response.output_item.added', { output_index: index, item });
    return index;
  }

  #itemDone(index: number, changes: object): void {
    const item = { ...this.#output[index], ...changes } as OutputItem;
    this.#output[index] = item;
    this.#emit('response.output_item.done', { output_index: index, item });
  }

  #nextId(prefix: string): string {
    return `${prefix}_${this.#frame.id.replace(/^[a-z]+[_-]/, '')}_${this.#output.length}`;
  }

  #response(status: string, usage?: Usage): ResponseObject {
    const { id, model, createdAt, asked } = this.#frame;
    return {
      id,
      object: 'response',
      created_at: createdAt,
      status,
      model,
      // A copy: what was sent must not change with what comes.
      output: [...this.#output],
      error: null,
      incomplete_details: null,
      instructions: null,
      metadata: {},
      parallel_tool_calls: true,
      temperature: null,
      tool_choice: 'auto',
      tools: [],
      top_p: null,
      ...asked,
      ...(usage && { usage: responsesUsage(usage) }),
    };
  }

  #emit(type: string, fields: object): void {
    this.#events.push({ type, sequence_number: this.#sequence, ...fields });
    this.#sequence += 1;
  }
}

function textPart({ kind, text, logprobs }: TextItem): object {
  return kind === 'reasoning' ? { type: 'reasoning_text', text } : { type: 'output_text', text, annotations: [], logprobs: [...logprobs] };
}

function responsesUsage({ inputTokens, outputTokens, totalTokens, cachedInputTokens }: Usage): object {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens },
    output_tokens: outputTokens,
    // Nobody told how many of them were reasoning.
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: totalTokens,
  };
}
