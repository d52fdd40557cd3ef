import { checkText, wrongValue } from '../../request/check-value.ts';
import type { AssistantToolCall, ChatMessage } from '../../spec/chat-message.ts';
import type { Spelling } from '../openai/field-names.ts';
import { messageSpelling } from '../openai/chat-messages.ts';

type Fields = Readonly<Record<string, unknown>>;

/** How Ollama spells what messages have. */
export const ollamaMessageSpelling: Spelling = [[/(^messages\[\d+\])\.reasoning\b/g, '$1.thinking'], ...messageSpelling];

/**
 * Ollama's messages in our words, one for one. Its calls need no ids: an answer then is that to the first call of its tool
 * that has none yet, or to the first of all.
 *
 * @throws {TramontaneError} `invalid-argument` with the field as Ollama spells it
 */
export function readMessages(value: unknown): ChatMessage[] {
  if (!Array.isArray(value)) throw wrongValue('messages', 'an array of messages', value);
  /** Calls without an answer. */
  const open: AssistantToolCall[] = [];
  return value.map((entry: unknown, index): ChatMessage => {
    const field = `messages[${index}]`;
    const message = readObject(entry, field);
    refuseImages(message['images'], `${field}.images`);
    const content = checkText(message['content'] ?? undefined, `${field}.content`) ?? '';
    const { role } = message;
    if (role === 'assistant') {
      const calls = readCalls(message['tool_calls'], field);
      open.push(...calls);
      const reasoning = checkText(message['thinking'] ?? undefined, `${field}.thinking`);
      return { role, content, ...(reasoning && { reasoning }), ...(calls.length > 0 && { toolCalls: calls }) };
    }
    if (role !== 'tool') return { role: role as 'user', content }; // The engine checks roles.
    const id = checkText(message['tool_call_id'] ?? undefined, `${field}.tool_call_id`);
    const name = checkText(message['tool_name'] ?? message['name'] ?? undefined, `${field}.tool_name`);
    const call = answered(open, id, name);
    const toolName = name || call?.toolName;
    return { role, content, toolCallId: id ?? call?.toolCallId ?? `call_${index}`, ...(toolName && { toolName }) };
  });
}

/**
 * Refuses images, which no model here sees.
 *
 * @throws {TramontaneError} `invalid-argument`
 */
export function refuseImages(value: unknown, field: string): void {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return;
  throw wrongValue(field, 'left out, as this server takes no images', value);
}

function readCalls(value: unknown, message: string): AssistantToolCall[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongValue(`${message}.tool_calls`, 'an array of tool calls', value);
  return value.map((entry: unknown, index) => {
    const field = `${message}.tool_calls[${index}]`;
    const call = readObject(entry, field);
    const { name, arguments: input } = readObject(call['function'], `${field}.function`);
    const toolName = checkText(name, `${field}.function.name`);
    if (!toolName) throw wrongValue(`${field}.function.name`, 'the name of a tool', name);
    const toolCallId = checkText(call['id'] ?? undefined, `${field}.id`) || `call_${message.replaceAll(/\D/g, '')}_${index}`;
    return { toolCallId, toolName, input: input ?? {} };
  });
}

/** Takes the call that is answered out of those that are open. */
function answered(open: AssistantToolCall[], id: string | undefined, name: string | undefined): AssistantToolCall | undefined {
  const ofName = open.findIndex(({ toolName }) => toolName === name);
  const place = id === undefined ? Math.max(0, ofName) : open.findIndex(({ toolCallId }) => toolCallId === id);
  return place < 0 ? undefined : open.splice(place, 1)[0];
}

function readObject(value: unknown, field: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrongValue(field, 'an object', value);
}
