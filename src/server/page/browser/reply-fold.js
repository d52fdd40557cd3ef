/**
 * @typedef {import('./conversation.js').AssistantMessage} AssistantMessage
 *
 * @typedef {object} Chunk What of a chat completion chunk is looked at.
 * @property {string} [model]
 * @property {{ completion_tokens?: number } | null} [usage]
 * @property {{ delta?: Delta, finish_reason?: string | null }[]} [choices]
 *
 * @typedef {object} Delta
 * @property {string | null} [content]
 * @property {string | null} [reasoning_content]
 * @property {{ index: number, id?: string, function?: { name?: string, arguments?: string } }[]} [tool_calls]
 */

/**
 * Adds a chunk to a reply.
 *
 * @param {AssistantMessage} reply
 * @param {Chunk} chunk
 * @param {number} sinceMs - how long ago it was asked for
 */
export function addChunk(reply, { model, usage, choices = [] }, sinceMs) {
  if (model !== undefined) reply.model = model;
  if (typeof usage?.completion_tokens === 'number') reply.figures.tokens = usage.completion_tokens;
  for (const { delta = {}, finish_reason: reason } of choices) {
    const { content, reasoning_content: reasoning, tool_calls: calls } = delta;
    if (content || reasoning || calls) {
      reply.figures.firstMs ??= sinceMs;
      reply.figures.lastMs = sinceMs;
    }
    reply.content += content ?? '';
    reply.reasoning += reasoning ?? '';
    for (const { index, id, function: part } of calls ?? []) {
      const call = (reply.toolCalls[index] ??= { id: '', name: '', input: '' });
      call.id ||= id ?? '';
      call.name ||= part?.name ?? '';
      call.input += part?.arguments ?? '';
    }
    if (reason) reply.finishReason = reason;
  }
}

/**
 * What a reply took, for its reader.
 *
 * @param {AssistantMessage} reply
 */
export function describeFigures({ figures: { firstMs, lastMs, tokens }, model, state }) {
  const perSecond = tokens !== undefined && tokens > 1 && firstMs !== undefined && lastMs !== undefined && lastMs > firstMs
    ? ((tokens - 1) / (lastMs - firstMs)) * 1000
    : undefined;
  return [
    tokens !== undefined && `${tokens} ${tokens === 1 ? 'token' : 'tokens'}`,
    perSecond !== undefined && `${perSecond.toFixed(perSecond < 100 ? 1 : 0)} tokens/s`,
    firstMs !== undefined && `first after ${(firstMs / 1000).toFixed(2)} s`,
    state !== 'running' && model,
  ].filter((text) => typeof text === 'string').join(' · ');
}
