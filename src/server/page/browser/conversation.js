/**
 * A conversation as it is kept, and as the server wants to see it.
 *
 * @typedef {{ id: string, name: string, input: string, result?: string }} ToolCall
 * @typedef {{ message: string, code: string, retryAfterSeconds?: number }} Failure
 *
 * @typedef {object} Figures What the reply took, by this page's clock.
 * @property {number} [firstMs] From asking until something came.
 * @property {number} [lastMs] Until the last of it.
 * @property {number} [tokens] As the server counts them.
 *
 * @typedef {{ role: 'user', content: string }} UserMessage
 *
 * @typedef {object} AssistantMessage
 * @property {'assistant'} role
 * @property {string} content
 * @property {string} reasoning
 * @property {ToolCall[]} toolCalls
 * @property {'running' | 'done' | 'stopped' | 'failed'} state
 * @property {Figures} figures
 * @property {string} [model]
 * @property {string} [finishReason]
 * @property {Failure} [failure]
 *
 * @typedef {UserMessage | AssistantMessage} Message
 * @typedef {{ id: string, updatedAt: number, messages: Message[] }} Conversation
 */

/** @returns {Conversation} */
export function newConversation() {
  // `crypto.randomUUID` is missing on pages that came neither from this machine nor by TLS.
  const id = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { id, updatedAt: Date.now(), messages: [] };
}

/** @returns {AssistantMessage} */
export function newReply() {
  return { role: 'assistant', content: '', reasoning: '', toolCalls: [], state: 'running', figures: {} };
}

/**
 * What stands for a conversation in the list.
 *
 * @param {Conversation} conversation
 */
export function titleOf({ messages }) {
  const line = messages[0]?.content.trim().split('\n', 1)[0] ?? '';
  return Array.from(line.slice(0, 200)).slice(0, 80).join('') || 'New conversation';
}

/**
 * The messages as OpenAI has them. A reply of which nothing came is left out, and what the user has said since then
 * belongs together, as many chat templates want the roles to alternate. Reasoning goes back only while tools are called.
 *
 * @param {readonly Message[]} messages
 * @param {string} system
 * @returns {Record<string, unknown>[]}
 */
export function requestMessages(messages, system) {
  const turn = messages.findLastIndex(({ role }) => role === 'user');
  /** @type {Record<string, unknown>[]} */
  const sent = system.trim() === '' ? [] : [{ role: 'system', content: system }];
  messages.forEach((message, index) => {
    if (message.role === 'user') {
      const before = sent.at(-1);
      if (before?.['role'] === 'user') before['content'] = `${before['content']}\n\n${message.content}`;
      else sent.push({ role: 'user', content: message.content });
      return;
    }
    const { content, reasoning, toolCalls } = message;
    if (content === '' && toolCalls.length === 0) return;
    sent.push({
      role: 'assistant',
      content,
      ...(index > turn && reasoning !== '' && { reasoning_content: reasoning }),
      ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(requestCall) }),
    });
    for (const { id, name, result } of toolCalls) {
      sent.push({ role: 'tool', tool_call_id: id, name, content: result ?? 'There is no result: the call was not made.' });
    }
  });
  return sent;
}

/** @param {ToolCall} call */
function requestCall({ id, name, input }) {
  return { id, type: 'function', function: { name, arguments: input } };
}
