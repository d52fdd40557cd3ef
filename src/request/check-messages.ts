import type { ChatMessage, ChatRole } from '../spec/chat-message.ts';
import { checkText, wrongValue } from './check-value.ts';

const chatRoles = Object.keys({ system: true, user: true, assistant: true } satisfies Record<ChatRole, true>);

/** Checks a conversation and copies it, so that later changes by the caller have no effect. */
export function checkMessages(value: unknown): ChatMessage[] {
  if (!Array.isArray(value)) throw wrongValue('messages', 'an array of messages', value);
  if (value.length === 0) throw wrongValue('messages', 'at least one message', value);
  // Array.from, not map: a hole in the array is to be refused, not skipped.
  return Array.from(value, (message: unknown, index) => checkMessage(message, `messages[${index}]`));
}

function checkMessage(value: unknown, field: string): ChatMessage {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongValue(field, 'an object with role and content', value);
  }
  const { role, content } = value as { readonly role?: unknown; readonly content?: unknown };
  if (typeof role !== 'string' || !chatRoles.includes(role)) {
    throw wrongValue(`${field}.role`, `one of ${chatRoles.map((known) => `"${known}"`).join(', ')}`, role);
  }
  const text = checkText(content, `${field}.content`);
  if (text === undefined) throw wrongValue(`${field}.content`, 'a string', content);
  return { role: role as ChatRole, content: text };
}
