import type { ChatMessage } from '../../spec/chat-message.ts';
import type { CheckedGenerateOptions, DialectSettings, RemoteRequest, RequestBody } from '../dialect.ts';
import { askedOptions, inexpressible, jsonAsked, messagesOf, refuseOthers, sentBody } from './expressible.ts';
import { isObject } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';
import { inputTextOf } from './sent-call.ts';

type OptionName = keyof CheckedGenerateOptions;

const protocol = "OpenAI's responses";

const known = new Set<OptionName>([
  'maxOutputTokens',
  'temperature',
  'topP',
  'logprobs',
  'responseFormat',
  'grammar',
  'tools',
  'toolChoice',
  'contextOverflow',
]);

/** The request of OpenAI's responses (platform.openai.com/docs/api-reference/responses/create). */
export function responsesRequest(request: RemoteRequest, { providerOptions }: DialectSettings): RequestBody {
  const asked = askedOptions(request.options);
  refuseOthers(asked, known, protocol);
  const keepsItems = providerOptions['store'] !== false;
  const body = {
    model: request.model,
    input: messagesOf(request, protocol).flatMap((message) => inputItems(message, keepsItems)),
    max_output_tokens: asked.maxOutputTokens,
    temperature: asked.temperature,
    top_p: asked.topP,
    ...(asked.logprobs !== undefined && { top_logprobs: asked.logprobs, include: ['message.output_text.logprobs'] }),
    ...answerForm(asked),
    ...toolFields(asked),
    truncation: truncation(asked),
    stream: true,
  };
  return { path: '/responses', body: sentBody(body, providerOptions) };
}

function truncation({ contextOverflow }: CheckedGenerateOptions): string | undefined {
  if (contextOverflow === 'stop') throw inexpressible('contextOverflow', protocol, 'let it be "error" or "truncate-oldest"');
  return contextOverflow === undefined ? undefined : 'auto';
}

function answerForm(asked: CheckedGenerateOptions): object {
  const json = jsonAsked(asked, protocol);
  if (!json) return {};
  const { schema } = json;
  if (schema === undefined) return { text: { format: { type: 'json_object' } } };
  return { text: { format: { type: 'json_schema', name: 'answer', strict: true, schema: schema === true ? {} : schema } } };
}

function toolFields({ tools, toolChoice }: CheckedGenerateOptions): object {
  if (!tools) return {};
  const named = typeof toolChoice === 'object';
  return {
    tools: tools.map(({ name, description, inputSchema }) => ({
      type: 'function',
      name,
      description,
      parameters: inputSchema,
      // Left out it is true, which most schemas are not written for.
      strict: false,
    })),
    tool_choice: named ? { type: 'function', name: toolChoice.toolName } : toolChoice,
    // A forced call is exactly one.
    ...((named || toolChoice === 'required') && { parallel_tool_calls: false }),
  };
}

function inputItems(message: ChatMessage, keepsItems: boolean): object[] {
  const { role, content } = message;
  if (role === 'tool') return [{ type: 'function_call_output', call_id: message.toolCallId, output: content }];
  if (role !== 'assistant') return [{ role, content }];
  const { toolCalls = [], providerData = [] } = message;
  return [
    ...providerData.flatMap(({ dialect, data }) => (dialect === 'openai-responses' ? reasoningItem(data, keepsItems) : [])),
    ...(content === '' && toolCalls.length > 0 ? [] : [{ role, content }]),
    ...toolCalls.map((call) => ({
      type: 'function_call',
      call_id: call.toolCallId,
      name: call.toolName,
      arguments: inputTextOf(call),
    })),
  ];
}

/** A reasoning item can go back by its id, where the server keeps items, or encrypted. */
function reasoningItem(data: unknown, keepsItems: boolean): LooseObject[] {
  return isObject(data) && (keepsItems || typeof data['encrypted_content'] === 'string') ? [data] : [];
}
