import type { AssistantTurn, ChatMessage } from '../../spec/chat-message.ts';
import type { CheckedGenerateOptions, DialectSettings, RemoteRequest, RequestBody } from '../dialect.ts';
import { askedOptions, inexpressible, jsonAsked, messagesOf, refuseOthers, sentBody, thinkingAsked } from './expressible.ts';
import { inputObjectOf } from './sent-call.ts';
import { placedData } from './placed-data.ts';

type OptionName = keyof CheckedGenerateOptions;

const protocol = "Anthropic's messages";

/** max_tokens has no default there; every model since Claude 3.5 can do this much. */
const defaultMaxTokens = 8192;

const known = new Set<OptionName>([
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'stopSequences',
  'responseFormat',
  'grammar',
  'tools',
  'toolChoice',
  'templateVariables',
]);

/** The request of Anthropic's messages (docs.anthropic.com/en/api/messages). */
export function anthropicRequest(request: RemoteRequest, { providerOptions }: DialectSettings): RequestBody {
  const asked = askedOptions(request.options);
  refuseOthers(asked, known, protocol);
  const messages = messagesOf(request, protocol);
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => ({ type: 'text', text: content }));
  const body = {
    model: request.model,
    max_tokens: asked.maxOutputTokens ?? defaultMaxTokens,
    ...(system.length > 0 && { system }),
    messages: turnsOf(messages),
    temperature: temperature(asked),
    top_p: asked.topP,
    top_k: asked.topK,
    stop_sequences: asked.stopSequences,
    ...answerForm(asked),
    ...toolFields(asked),
    ...thinking(asked),
    stream: true,
  };
  return { path: '/v1/messages', body: sentBody(body, providerOptions) };
}

function temperature({ temperature: asked }: CheckedGenerateOptions): number | undefined {
  if (asked !== undefined && asked > 1) throw inexpressible('temperature', protocol, 'it is at most 1 there');
  return asked;
}

/** docs.anthropic.com/en/docs/build-with-claude/structured-outputs: by schema only. */
function answerForm(asked: CheckedGenerateOptions): object {
  const json = jsonAsked(asked, protocol);
  if (!json) return {};
  const { schema } = json;
  if (typeof schema === 'object') return { output_config: { format: { type: 'json_schema', schema } } };
  if (asked.grammar) throw inexpressible('grammar.schema', protocol, 'give it a schema that is an object');
  throw inexpressible('responseFormat', protocol, 'give it a schema');
}

function toolFields({ tools, toolChoice = 'auto' }: CheckedGenerateOptions): object {
  if (!tools) return {};
  const choice =
    typeof toolChoice === 'object'
      ? { type: 'tool', name: toolChoice.toolName, disable_parallel_tool_use: true }
      : toolChoice === 'required'
        ? { type: 'any', disable_parallel_tool_use: true }
        : { type: toolChoice };
  return {
    tools: tools.map(({ name, description, inputSchema }) => ({ name, description, input_schema: inputSchema })),
    tool_choice: choice,
  };
}

function thinking(asked: CheckedGenerateOptions): object {
  const wanted = thinkingAsked(asked, protocol);
  if (wanted === undefined) return {};
  // How it is switched on, and how much, differs by model.
  if (wanted) throw inexpressible('templateVariables.enable_thinking', protocol, 'set providerOptions.thinking with its budget');
  return { thinking: { type: 'disabled' } };
}

/** Turns of user and assistant by turns, as the protocol wants them: tool results are the user's. */
function turnsOf(messages: readonly ChatMessage[]): object[] {
  const turns: { role: string; content: object[] }[] = [];
  for (const message of messages) {
    if (message.role === 'system') continue;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const blocks = blocksOf(message);
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else if (blocks.length > 0) turns.push({ role, content: blocks });
  }
  return turns;
}

function blocksOf(message: Exclude<ChatMessage, { role: 'system' }>): object[] {
  switch (message.role) {
    case 'user':
      return [{ type: 'text', text: message.content }];
    case 'tool':
      return [{ type: 'tool_result', tool_use_id: message.toolCallId, content: message.content }];
    case 'assistant':
      return assistantBlocks(message);
  }
}

/** Thinking goes back where it was and signed as it was, or not at all: the server refuses what it has not signed. */
function assistantBlocks(message: AssistantTurn): object[] {
  return placedData(message, 'anthropic', {
    // Empty text blocks are refused.
    text: (text) => (text.trim() === '' ? [] : [{ type: 'text', text }]),
    call: (call) => [{ type: 'tool_use', id: call.toolCallId, name: call.toolName, input: inputObjectOf(call) }],
    data: (block) => [block],
  });
}
