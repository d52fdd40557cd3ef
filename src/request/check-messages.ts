import type { ChatRole } from '../spec/chat-message.ts';
import { copyJson } from './check-json.ts';
import { checkFilledText, checkText, wrongValue } from './check-value.ts';

type Fields = Readonly<Record<string, unknown>>;

const chatRoles = Object.keys({ system: true, user: true, assistant: true, tool: true } satisfies Record<ChatRole, true>);

/** Checks a conversation and copies it, so that later changes by the caller have no effect. */
export function checkMessages(value: unknown): object[] {
  if (!Array.isArray(value)) throw wrongValue('messages', 'an array of messages', value);
  if (value.length === 0) throw wrongValue('messages', 'at least one message', value);
  // Array.from, not map: a hole in the array is to be refused, not skipped.
  return Array.from(value, (message: unknown, index) => checkMessage(message, `messages[${index}]`));
}

function checkMessage(value: unknown, field: string): object {
  const message = checkFields(value, field, 'an object with role and content');
  const { role } = message;
  if (typeof role !== 'string' || !chatRoles.includes(role)) {
    throw wrongValue(`${field}.role`, `one of ${chatRoles.map((known) => `"${known}"`).join(', ')}`, role);
  }
  const content = text(message['content'], `${field}.content`);
  switch (role) {
    case 'assistant':
      return {
        role,
        content,
        reasoning: checkText(message['reasoning'], `${field}.reasoning`),
        toolCalls: checkToolCalls(message['toolCalls'], `${field}.toolCalls`),
        providerData: checkProviderData(message['providerData'], `${field}.providerData`),
      };
    case 'tool':
      return {
        role,
        content,
        toolCallId: text(message['toolCallId'], `${field}.toolCallId`),
        toolName: checkFilledText(message['toolName'], `${field}.toolName`),
      };
    default:
      return { role, content };
  }
}

function checkToolCalls(value: unknown, field: string): object[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrongValue(field, 'an array of tool calls', value);
  return Array.from(value, (call: unknown, index) => checkToolCall(call, `${field}[${index}]`));
}

function checkToolCall(value: unknown, field: string): object {
  const call = checkFields(value, field, 'an object with toolCallId, toolName and input');
  const toolName = checkFilledText(call['toolName'], `${field}.toolName`);
  if (toolName === undefined) throw wrongValue(`${field}.toolName`, 'a string', toolName);
  const { input } = call;
  const inputText = checkText(call['inputText'], `${field}.inputText`);
  // A model that wrote no valid JSON has a text only.
  if (input === undefined && inputText === undefined) throw wrongValue(`${field}.input`, 'a JSON value', input);
  return {
    toolCallId: text(call['toolCallId'], `${field}.toolCallId`),
    toolName,
    input: input === undefined ? undefined : copyJson(input, `${field}.input`),
    inputText,
  };
}

/** What only the engine that gave it understands: any JSON. */
function checkProviderData(value: unknown, field: string): object[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrongValue(field, 'an array as a message had it', value);
  return Array.from(value, (entry: unknown, index) => {
    const { dialect, data } = checkFields(entry, `${field}[${index}]`, 'an object with dialect and data');
    return {
      dialect: text(dialect, `${field}[${index}].dialect`),
      data: data === undefined ? undefined : copyJson(data, `${field}[${index}].data`),
    };
  });
}

function checkFields(value: unknown, field: string, expected: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrongValue(field, expected, value);
}

function text(value: unknown, field: string): string {
  const checked = checkText(value, field);
  if (checked === undefined) throw wrongValue(field, 'a string', checked);
  return checked;
}
