import { wrongValue } from '../../request/check-value.ts';
import type { AssistantToolCall, ChatMessage } from '../../spec/chat-message.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import type { Spelling } from './field-names.ts';

type Fields = Readonly<Record<string, unknown>>;

const roles = ['developer', 'system', 'user', 'assistant', 'tool'];

/** How OpenAI spells what messages have. */
export const messageSpelling: Spelling = [
  [/(\.toolCalls\[\d+\])\.toolName\b/g, '$1.function.name'],
  [/(\.toolCalls\[\d+\])\.(?:input|inputText)\b/g, '$1.function.arguments'],
  [/(\.toolCalls\[\d+\])\.toolCallId\b/g, '$1.id'],
  [/\.toolCalls\b/g, '.tool_calls'],
  [/\.toolCallId\b/g, '.tool_call_id'],
  [/(^messages\[\d+\])\.toolName\b/g, '$1.name'],
  [/(^messages\[\d+\])\.reasoning\b/g, '$1.reasoning_content'],
];

/**
 * OpenAI's messages in our words, one for one.
 *
 * @throws {TramontaneError} `invalid-argument` with the field as OpenAI spells it
 */
export function readMessages(value: unknown): ChatMessage[] {
  if (!Array.isArray(value)) throw wrongValue('messages', 'an array of messages', value);
  const messages: unknown[] = value;
  const toolNames = new Map<string, string>();
  return messages.map((message, index) => {
    const read = readMessage(message, `messages[${index}]`, toolNames);
    if (read.role === 'assistant') for (const { toolCallId, toolName } of read.toolCalls ?? []) toolNames.set(toolCallId, toolName);
    return read;
  });
}

/** @param toolNames - of the calls before, since some chat templates name the tool once more with its answer */
function readMessage(value: unknown, field: string, toolNames: ReadonlyMap<string, string>): ChatMessage {
  const message = readObject(value, field, 'an object with role and content');
  switch (message['role']) {
    case 'developer':
    case 'system':
      return { role: 'system', content: readContent(message['content'], `${field}.content`) };
    case 'user':
      return { role: 'user', content: readContent(message['content'], `${field}.content`) };
    case 'assistant':
      return readAssistant(message, field);
    case 'tool': {
      const toolCallId = readText(message['tool_call_id'], `${field}.tool_call_id`);
      const toolName = message['name'] ?? toolNames.get(toolCallId);
      const content = readContent(message['content'], `${field}.content`);
      return { role: 'tool', toolCallId, content, ...(toolName !== undefined && { toolName: readText(toolName, `${field}.name`) }) };
    }
    default:
      throw wrongValue(`${field}.role`, `one of ${roles.map((role) => `"${role}"`).join(', ')}`, message['role']);
  }
}

function readAssistant(message: Fields, field: string): ChatMessage {
  const { content, tool_calls: calls } = message;
  // Either name is in use for what other servers give as `reasoning_content`.
  const reasoning = message['reasoning_content'] ?? message['reasoning'] ?? undefined;
  const isEmpty = content === null || content === undefined;
  const refusal = message['refusal'] ?? '';
  return {
    role: 'assistant',
    content: isEmpty ? readText(refusal, `${field}.refusal`) : readContent(content, `${field}.content`),
    ...(reasoning !== undefined && { reasoning: readText(reasoning, `${field}.reasoning_content`) }),
    ...(calls !== undefined && calls !== null && { toolCalls: readCalls(calls, `${field}.tool_calls`) }),
  };
}

function readCalls(value: unknown, field: string): AssistantToolCall[] {
  if (!Array.isArray(value)) throw wrongValue(field, 'an array of tool calls', value);
  return value.map((entry: unknown, index) => {
    const at = `${field}[${index}]`;
    const call = readObject(entry, at, 'an object with id, type and function');
    if (call['type'] !== undefined && call['type'] !== 'function') throw wrongValue(`${at}.type`, '"function"', call['type']);
    const { name, arguments: inputText } = readObject(call['function'], `${at}.function`, 'an object with name and arguments');
    return {
      toolCallId: readText(call['id'], `${at}.id`),
      toolName: readText(name, `${at}.function.name`),
      ...inputOf(readText(inputText, `${at}.function.arguments`)),
    };
  });
}

/** The arguments, parsed where they are JSON, as chat templates want to see them. */
function inputOf(inputText: string): { readonly inputText: string; readonly input?: unknown } {
  // A model that calls without arguments may write nothing.
  if (inputText.trim() === '') return { inputText: '{}', input: {} };
  try {
    return { inputText, input: JSON.parse(inputText) as unknown };
  } catch {
    return { inputText };
  }
}

/** Text, or an array of parts that are text. */
function readContent(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) throw wrongValue(field, 'a string, or an array of text parts', value);
  return value
    .map((entry: unknown, index) => {
      const part = readObject(entry, `${field}[${index}]`, 'an object with type and text');
      if (part['type'] === 'text') return readText(part['text'], `${field}[${index}].text`);
      if (part['type'] === 'refusal') return readText(part['refusal'], `${field}[${index}].refusal`);
      const message = `${field}[${index}].type must be "text": this server takes no images, audio or files`;
      throw new TramontaneError('invalid-argument', message, { field: `${field}[${index}].type` });
    })
    .join('');
}

function readObject(value: unknown, field: string, expected: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrongValue(field, expected, value);
}

function readText(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  throw wrongValue(field, 'a string', value);
}
