import { randomUUID } from 'node:crypto';
import { wrongValue } from '../../request/check-value.ts';
import type { AssistantToolCall, ChatMessage } from '../../spec/chat-message.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import type { OutputItem } from '../../views/responses-events.ts';
import { contentText } from './content-text.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a request says, as its items and as the conversation that they make. */
export interface ResponsesInput {
  /** The items as they are listed later, each with an id. */
  readonly items: readonly OutputItem[];
  readonly messages: readonly ChatMessage[];
}

/** An assistant's turn while its items come in: what it thought, what it said, what it asks for. */
interface OpenTurn {
  reasoning: string | undefined;
  content: string | undefined;
  readonly toolCalls: AssistantToolCall[];
}

/** What came before, of which an input may speak. */
export interface Earlier {
  /** The conversation that the input continues. */
  readonly messages: readonly ChatMessage[];
  /** The item of an earlier response that has this id, if it is still known. */
  readonly itemById: (id: string) => Fields | undefined;
}

const maxItems = 10_000;

/**
 * Reads `input` of OpenAI's responses: a text, or items (platform.openai.com/docs/api-reference/responses/create). What
 * a model says in one turn is several items there and one message here.
 *
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, as the request has it.
 */
export function inputMessages(input: unknown, earlier: Earlier): ResponsesInput {
  if (input === undefined || input === null) return { items: [], messages: [] };
  const reader = new InputReader(earlier);
  if (typeof input === 'string') reader.read({ role: 'user', content: input }, 'input');
  else if (Array.isArray(input) && input.length <= maxItems) input.forEach((item: unknown, at) => reader.read(item, `input[${at}]`));
  else throw wrongValue('input', `a string or an array of at most ${maxItems} items`, input);
  return reader.end();
}

class InputReader {
  readonly #itemById: Earlier['itemById'];
  readonly #items: OutputItem[] = [];
  readonly #messages: ChatMessage[] = [];
  readonly #toolNames = new Map<string, string>();
  #turn: OpenTurn | undefined;

  constructor({ messages, itemById }: Earlier) {
    this.#itemById = itemById;
    for (const message of messages) {
      if (message.role !== 'assistant') continue;
      for (const { toolCallId, toolName } of message.toolCalls ?? []) this.#toolNames.set(toolCallId, toolName);
    }
  }

  read(item: unknown, field: string): void {
    const fields = fieldsOf(item, field, 'an item: an object');
    const { type = 'message' } = fields;
    if (type === 'item_reference') {
      const id = textOf(fields['id'], `${field}.id`);
      const known = this.#itemById(id);
      if (known) return this.read(known, field);
      const message = `${field} refers to ${JSON.stringify(id)}, which is not kept here; send the item itself`;
      throw new TramontaneError('invalid-argument', message, { field: `${field}.id` });
    }
    this.#items.push({ ...fields, ...idOf(fields, String(type)), type: String(type) });
    switch (type) {
      case 'message':
        return this.#message(fields, field);
      case 'reasoning':
        return this.#reasoning(fields, field);
      case 'function_call':
        return this.#call(fields, field);
      case 'function_call_output':
        return this.#output(fields, field);
      default:
        throw wrongValue(`${field}.type`, 'one of "message", "function_call", "function_call_output", "reasoning", "item_reference"', type);
    }
  }

  end(): ResponsesInput {
    this.#closeTurn();
    return { items: this.#items, messages: this.#messages };
  }

  #message({ role, content }: Fields, field: string): void {
    const text = contentText(content, `${field}.content`);
    switch (role) {
      case 'assistant':
        // An answer that follows another is a turn of its own.
        if (this.#turn?.content !== undefined || this.#turn?.toolCalls.length) this.#closeTurn();
        this.#openTurn().content = text;
        return;
      case 'user':
      case 'system':
      case 'developer':
        this.#closeTurn();
        this.#messages.push({ role: role === 'user' ? 'user' : 'system', content: text });
        return;
      default:
        throw wrongValue(`${field}.role`, 'one of "user", "assistant", "system", "developer"', role);
    }
  }

  #reasoning({ content, summary }: Fields, field: string): void {
    // Where a server shows its reasoning only in summary, that is what there is.
    const told = Array.isArray(content) && content.length > 0 ? contentText(content, `${field}.content`) : contentText(summary ?? [], `${field}.summary`);
    if (this.#turn?.content !== undefined || this.#turn?.toolCalls.length) this.#closeTurn();
    const turn = this.#openTurn();
    turn.reasoning = (turn.reasoning ?? '') + told;
  }

  #call(fields: Fields, field: string): void {
    const toolCallId = textOf(fields['call_id'], `${field}.call_id`);
    const toolName = textOf(fields['name'], `${field}.name`);
    const inputText = textOf(fields['arguments'], `${field}.arguments`);
    this.#toolNames.set(toolCallId, toolName);
    this.#openTurn().toolCalls.push({ toolCallId, toolName, input: parsed(inputText), inputText });
  }

  #output(fields: Fields, field: string): void {
    this.#closeTurn();
    const toolCallId = textOf(fields['call_id'], `${field}.call_id`);
    const toolName = this.#toolNames.get(toolCallId);
    const content = contentText(fields['output'], `${field}.output`);
    this.#messages.push({ role: 'tool', toolCallId, content, ...(toolName !== undefined && { toolName }) });
  }

  #openTurn(): OpenTurn {
    return (this.#turn ??= { reasoning: undefined, content: undefined, toolCalls: [] });
  }

  #closeTurn(): void {
    const turn = this.#turn;
    this.#turn = undefined;
    if (!turn) return;
    const { reasoning, content = '', toolCalls } = turn;
    // Reasoning that led to nothing, as where an answer was cut short, is no turn.
    if (content === '' && toolCalls.length === 0 && turn.content === undefined) return;
    this.#messages.push({ role: 'assistant', content, ...(reasoning && { reasoning }), ...(toolCalls.length > 0 && { toolCalls }) });
  }
}

function idOf(fields: Fields, type: string): { id: string } {
  const { id } = fields;
  return { id: typeof id === 'string' && id !== '' ? id : `${prefixes[type] ?? 'item'}_${randomUUID().replaceAll('-', '')}` };
}

const prefixes: Readonly<Record<string, string>> = { message: 'msg', reasoning: 'rs', function_call: 'fc', function_call_output: 'fco' };

function fieldsOf(value: unknown, field: string, expected: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrongValue(field, expected, value);
}

function textOf(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  throw wrongValue(field, 'a string', value);
}

/** `undefined` where it is no JSON: the model's own words are passed on all the same. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
