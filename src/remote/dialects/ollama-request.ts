import type { ChatMessage } from '../../spec/chat-message.ts';
import type { CheckedGenerateOptions, DialectSettings, RemoteRequest, RequestBody } from '../dialect.ts';
import { askedOptions, inexpressible, jsonAsked, refuseOthers, sentBody, thinkingAsked } from './expressible.ts';
import { inputObjectOf } from './sent-call.ts';

type OptionName = keyof CheckedGenerateOptions;

const protocol = "Ollama's chat";

/** What `options` calls ours (docs.ollama.com/modelfile#parameter). */
const optionFields = {
  maxOutputTokens: 'num_predict',
  temperature: 'temperature',
  topK: 'top_k',
  topP: 'top_p',
  minP: 'min_p',
  repetitionPenalty: 'repeat_penalty',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  seed: 'seed',
  stopSequences: 'stop',
} as const;

const known = new Set<OptionName>([
  ...(Object.keys(optionFields) as OptionName[]),
  'logprobs',
  'responseFormat',
  'grammar',
  'tools',
  'toolChoice',
  'templateVariables',
  'contextOverflow',
]);

/** The request of Ollama's /api/chat, or of /api/generate where the prompt is text (docs.ollama.com/api). */
export function ollamaRequest(request: RemoteRequest, { providerOptions }: DialectSettings): RequestBody {
  const asked = askedOptions(request.options);
  refuseOthers(asked, known, protocol);
  const { prompt } = request;
  const body = {
    model: request.model,
    ...('messages' in prompt ? { messages: prompt.messages.map(ollamaMessage) } : { prompt: prompt.text, raw: true }),
    options: optionsOf(asked),
    ...(asked.logprobs !== undefined && { logprobs: true, top_logprobs: asked.logprobs }),
    format: answerForm(asked),
    ...toolFields(asked),
    think: thinkingAsked(asked, protocol),
    // Left alone, it cuts what does not fit, and forgets the beginning of what grows too long.
    truncate: truncates(asked),
    shift: false,
    stream: true,
  };
  return { path: 'messages' in prompt ? '/api/chat' : '/api/generate', body: sentBody(body, providerOptions) };
}

function optionsOf(asked: CheckedGenerateOptions): object {
  const names = Object.keys(optionFields) as (keyof typeof optionFields)[];
  return Object.fromEntries(names.map((name) => [optionFields[name], asked[name]]));
}

function truncates({ contextOverflow }: CheckedGenerateOptions): boolean {
  if (contextOverflow === 'stop') throw inexpressible('contextOverflow', protocol, 'let it be "error" or "truncate-oldest"');
  return contextOverflow === 'truncate-oldest';
}

function answerForm(asked: CheckedGenerateOptions): unknown {
  const json = jsonAsked(asked, protocol);
  if (!json) return undefined;
  return json.schema === undefined ? 'json' : json.schema === true ? {} : json.schema;
}

function toolFields({ tools, toolChoice }: CheckedGenerateOptions): object {
  if (!tools || toolChoice === 'none') return {};
  if (toolChoice !== undefined && toolChoice !== 'auto') throw inexpressible('toolChoice', protocol, 'let it be "auto" or "none"');
  return {
    tools: tools.map(({ name, description, inputSchema }) => ({
      type: 'function',
      function: { name, description, parameters: inputSchema },
    })),
  };
}

function ollamaMessage(message: ChatMessage): object {
  const { role, content } = message;
  if (role === 'tool') return { role, content, tool_name: message.toolName, tool_call_id: message.toolCallId };
  if (role !== 'assistant') return { role, content };
  const calls = message.toolCalls?.map((call, index) => ({
    id: call.toolCallId,
    function: { index, name: call.toolName, arguments: inputObjectOf(call) },
  }));
  return { role, content, thinking: message.reasoning || undefined, tool_calls: calls?.length ? calls : undefined };
}
