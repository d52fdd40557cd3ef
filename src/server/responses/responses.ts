import { randomUUID } from 'node:crypto';
import type { ChatMessage } from '../../spec/chat-message.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import { HttpError } from '../http-error.ts';
import type { OutputItem } from '../../views/responses-events.ts';
import type { ModelRegistry } from '../model-registry.ts';
import type { ServerMetrics } from '../server-metrics.ts';
import { inputMessages } from './input-messages.ts';
import { ResponseRun } from './response-run.ts';
import { ResponseStore } from './response-store.ts';
import type { ResponseStoreLimits, StoredResponse } from './response-store.ts';
import type { ResponsesRequest } from './responses-request.ts';

/** Where a request comes from. */
export interface RequestOrigin {
  readonly models: ModelRegistry;
  readonly metrics: ServerMetrics;
  /** Raised when its caller is gone before it has a model. */
  readonly signal: AbortSignal;
  /** The responses that only its connection can continue. */
  readonly local?: ResponseStore;
}

/** The responses of a handler: those that are being made, and those that are kept. */
export class Responses {
  readonly #running = new Map<string, ResponseRun>();
  readonly #store: ResponseStore;

  constructor(limits: ResponseStoreLimits) {
    this.#store = new ResponseStore(limits);
  }

  /**
   * Makes the response to a request. Nothing is computed before its events are read.
   *
   * @throws {HttpError} 404 where the model, or the response that it continues, is unknown
   * @throws {TramontaneError} `invalid-argument` with the `field` at fault
   */
  async create(request: ResponsesRequest, { models, metrics, signal, local }: RequestOrigin): Promise<ResponseRun> {
    const { messages, items, asked } = this.conversationOf(request, local);
    const lease = await models.acquireLanguageModel(request.model, signal);
    const options = request.generate ? request.options : { ...request.options, maxOutputTokens: 1 };
    const run: ResponseRun = new ResponseRun({
      frame: { id: newId(), model: lease.name, createdAt: Math.floor(Date.now() / 1000), asked: request.asked },
      stream: lease.model.streamChat(asked, options),
      messages,
      inputItems: items,
      generate: request.generate,
      spelling: request.spelling,
      parallelCalls: request.asked['parallel_tool_calls'] !== false,
      onOver: () => {
        lease.release();
        if (run.finish) metrics.answered(lease.name, run.finish);
        const { response, inputItems, conversation } = run;
        // It may have been deleted meanwhile.
        if (this.#running.delete(run.id) && request.store) this.#store.add({ response, inputItems, conversation });
        local?.add({ response, inputItems, conversation });
      },
    });
    this.#running.set(run.id, run);
    return run;
  }

  /**
   * What a request comes to: the conversation that is continued, what of it is new, and what the model is told.
   *
   * @throws As {@link create}, but for the model.
   */
  conversationOf(
    request: ResponsesRequest,
    local?: ResponseStore,
  ): { readonly messages: readonly ChatMessage[]; readonly items: readonly OutputItem[]; readonly asked: readonly ChatMessage[] } {
    const before = this.#before(request.previousResponseId, local);
    const input = inputMessages(request.input, { messages: before, itemById: (id) => local?.itemById(id) ?? this.#store.itemById(id) });
    const messages = [...before, ...input.messages];
    const asked = withInstructions(request.instructions, messages);
    if (asked.length === 0) throw new TramontaneError('invalid-argument', 'input is missing; send a text or items', { field: 'input' });
    return { messages, items: input.items, asked };
  }

  /** A response that is being made. */
  running(id: string): ResponseRun | undefined {
    return this.#running.get(id);
  }

  /**
   * A response, as it stands or as it was kept.
   *
   * @throws {HttpError} 404
   */
  find(id: string): StoredResponse {
    const found = this.#running.get(id) ?? this.#store.get(id);
    if (found) return found;
    throw new HttpError(404, 'response_not_found', `there is no response ${JSON.stringify(id.slice(0, 100))}; it may not have been stored, or be forgotten`);
  }

  /**
   * Forgets a response; one that is being made is cancelled.
   *
   * @throws {HttpError} 404
   */
  delete(id: string): void {
    this.find(id);
    const run = this.#running.get(id);
    this.forget(id);
    void run?.cancel();
  }

  /** Forgets a response that came to nothing, if it is kept. */
  forget(id: string): void {
    this.#running.delete(id);
    this.#store.delete(id);
  }

  /** The conversation that a response ended with. */
  #before(id: string | undefined, local: ResponseStore | undefined): readonly ChatMessage[] {
    if (id === undefined) return [];
    if (this.#running.has(id)) {
      const message = `response ${id} is not over yet; wait until it is`;
      throw new HttpError(400, 'previous_response_not_finished', message, { param: 'previous_response_id' });
    }
    const stored = local?.get(id) ?? this.#store.get(id);
    if (stored) return stored.conversation;
    const message = `the previous response ${JSON.stringify(id.slice(0, 100))} is not kept here; send the whole conversation as input`;
    throw new HttpError(404, 'previous_response_not_found', message, { param: 'previous_response_id' });
  }
}

/** Instructions hold for one response. Many chat templates take one system message only, so they join one that follows. */
function withInstructions(instructions: string | undefined, messages: readonly ChatMessage[]): ChatMessage[] {
  if (instructions === undefined) return [...messages];
  const [first, ...rest] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: instructions }, ...messages];
  return [{ role: 'system', content: `${instructions}\n\n${first.content}` }, ...rest];
}

function newId(): string {
  return `resp_${randomUUID().replaceAll('-', '')}`;
}
