import type { ChatMessage } from '../../spec/chat-message.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import type { CheckedGenerateOptions, DialectSettings, RemoteRequest, RequestBody } from '../dialect.ts';
import type { Quirks } from '../quirks.ts';
import { askedOptions, inexpressible, jsonAsked, refuseOthers, sentBody, thinkingAsked } from './expressible.ts';
import { inputTextOf } from './sent-call.ts';

type OptionName = keyof CheckedGenerateOptions;

const protocol = 'the chat completions of this provider';

/** What the chat completions of OpenAI call our options (platform.openai.com/docs/api-reference/chat/create). */
const openAIFields: Readonly<Partial<Record<OptionName, string>>> = {
  maxOutputTokens: 'max_completion_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  seed: 'seed',
  stopSequences: 'stop',
};

/** What is put into the body by more than its name. */
const built = new Set<OptionName>(['logprobs', 'logitBias', 'bannedTokens', 'responseFormat', 'grammar', 'tools', 'toolChoice']);

/** The request of OpenAI's chat completions, or of completions where the prompt is text. */
export function chatRequest(request: RemoteRequest, { quirks, providerOptions }: DialectSettings): RequestBody {
  const asked = askedOptions(request.options);
  const isChat = 'messages' in request.prompt;
  refuseUnknown(asked, quirks);
  const body = {
    model: request.model,
    ...('messages' in request.prompt
      ? { messages: request.prompt.messages.map((message) => chatMessage(message, quirks)) }
      : { prompt: request.prompt.text }),
    ...namedFields(asked, quirks, isChat),
    ...(asked.logprobs !== undefined && (isChat ? { logprobs: true, top_logprobs: asked.logprobs } : { logprobs: asked.logprobs })),
    ...logitBias(asked),
    ...answerForm(asked, quirks),
    ...toolFields(asked, quirks),
    ...thinkingFields(asked, quirks),
    ...dryFields(asked, quirks),
    stream: true,
    ...(quirks.streamOptions !== false && { stream_options: { include_usage: true } }),
  };
  return { path: isChat ? '/chat/completions' : '/completions', body: sentBody(body, providerOptions) };
}

function refuseUnknown(asked: CheckedGenerateOptions, quirks: Quirks): void {
  const known = new Set<OptionName>([...built, ...(Object.keys(openAIFields) as OptionName[])]);
  for (const [name, field] of Object.entries(quirks.fields ?? {}) as [OptionName, string | false][]) {
    if (field === false) known.delete(name);
    else known.add(name);
  }
  if (quirks.fields?.logitBias === false) known.delete('bannedTokens');
  if (quirks.thinkingSwitch) known.add('templateVariables');
  if (quirks.dryFields) known.add('dry');
  refuseOthers(asked, known, protocol);
  const most = quirks.mostStopSequences ?? Infinity;
  if (asked.stopSequences && asked.stopSequences.length > most) {
    const message = `stopSequences may be at most ${most} with this provider, not ${asked.stopSequences.length}`;
    throw new TramontaneError('invalid-argument', message, { field: 'stopSequences' });
  }
}

function namedFields(asked: CheckedGenerateOptions, quirks: Quirks, isChat: boolean): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, openAIField] of Object.entries({ ...openAIFields, ...quirks.fields }) as [OptionName, string | false][]) {
    if (asked[name] === undefined || openAIField === false || built.has(name)) continue;
    // Completions never got the newer name.
    const field = !isChat && openAIField === 'max_completion_tokens' ? 'max_tokens' : openAIField;
    // vLLM takes up lower numbers first.
    fields[field] = name === 'priority' ? -(asked.priority ?? 0) : asked[name];
  }
  return fields;
}

/** -100 "should result in a ban" (OpenAI's reference). */
function logitBias({ logitBias: biases, bannedTokens }: CheckedGenerateOptions): object {
  if (!biases && !bannedTokens) return {};
  const banned = (bannedTokens ?? []).map((token) => [token, -100] as const);
  return { logit_bias: { ...biases, ...Object.fromEntries(banned) } };
}

function answerForm(asked: CheckedGenerateOptions, { responseFormats, grammars }: Quirks): object {
  const { grammar } = asked;
  const field = grammar ? 'grammar' : 'responseFormat';
  if (grammar && grammar.type !== 'json-schema') {
    const source = grammar.type === 'regex' ? grammar.pattern : grammar.source;
    if (grammars === 'grammar') return { grammar: { type: grammar.type, value: source } };
    // vLLM's own grammars are those of its backend, which need not be Lark.
    if (grammars === 'structured_outputs' && grammar.type === 'regex') return { structured_outputs: { regex: source } };
  }
  const json = jsonAsked(asked, protocol);
  if (!json) return {};
  const { schema } = json;
  if (schema === undefined) {
    if (responseFormats === 'json_schema') throw inexpressible(field, protocol, 'give it a schema');
    return { response_format: { type: 'json_object' } };
  }
  if (responseFormats === 'json_object.schema') return { response_format: { type: 'json_object', schema: schema === true ? {} : schema } };
  if (responseFormats === 'json_object') throw inexpressible(`${field}.schema`, protocol, 'ask for JSON without one');
  const named = { name: 'answer', strict: true, schema: schema === true ? {} : schema };
  return { response_format: { type: 'json_schema', json_schema: named } };
}

function toolFields({ tools, toolChoice }: CheckedGenerateOptions, quirks: Quirks): object {
  if (!tools || (toolChoice === 'none' && quirks.noneToolChoice === false)) return {};
  const forced = toolChoice !== undefined && toolChoice !== 'auto' && toolChoice !== 'none';
  return {
    tools: tools.map(({ name, description, inputSchema }) => ({
      type: 'function',
      function: { name, description, parameters: inputSchema },
    })),
    tool_choice: toolChoice === undefined ? undefined : chatToolChoice(toolChoice, quirks),
    // A forced call is exactly one.
    ...(forced && quirks.parallelToolCalls !== false && { parallel_tool_calls: false }),
  };
}

function chatToolChoice(choice: NonNullable<CheckedGenerateOptions['toolChoice']>, quirks: Quirks): unknown {
  if (choice === 'required') {
    if (quirks.requiredToolChoice === false) throw inexpressible('toolChoice', protocol, 'let it be "auto" or "none"');
    return quirks.requiredToolChoice ?? 'required';
  }
  if (typeof choice === 'string') return choice;
  if (quirks.namedToolChoice === false) throw inexpressible('toolChoice.toolName', protocol, 'pass that tool only');
  return { type: 'function', function: { name: choice.toolName } };
}

function thinkingFields(asked: CheckedGenerateOptions, { thinkingSwitch }: Quirks): object {
  if (!asked.templateVariables) return {};
  if (thinkingSwitch === 'chat_template_kwargs') return { chat_template_kwargs: asked.templateVariables };
  const thinking = thinkingAsked(asked, protocol);
  if (thinkingSwitch === 'enable_thinking') return { enable_thinking: thinking };
  return { thinking: { type: thinking ? 'enabled' : 'disabled' } };
}

const dryNames = {
  multiplier: 'dry_multiplier',
  base: 'dry_base',
  allowedLength: 'dry_allowed_length',
  sequenceBreakers: 'dry_sequence_breakers',
  rangeTokens: 'dry_penalty_last_n',
} as const;

function dryFields({ dry }: CheckedGenerateOptions, { dryFields: known }: Quirks): object {
  if (!dry) return {};
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(dryNames) as (keyof typeof dryNames)[]) {
    if (dry[name] === undefined) continue;
    if (!known?.includes(name)) throw inexpressible(`dry.${name}`, protocol);
    fields[dryNames[name]] = dry[name];
  }
  return fields;
}

function chatMessage(message: ChatMessage, quirks: Quirks): object {
  const { role, content } = message;
  if (role === 'tool') {
    return { role, tool_call_id: message.toolCallId, content, ...(quirks.toolNames && { name: message.toolName }) };
  }
  if (role !== 'assistant') return { role, content };
  const { reasoning, toolCalls } = message;
  return {
    role,
    content,
    ...(reasoning && quirks.sentReasoning && { [quirks.sentReasoning]: reasoning }),
    ...(toolCalls?.length && {
      tool_calls: toolCalls.map((call) => ({
        id: call.toolCallId,
        type: 'function',
        function: { name: call.toolName, arguments: inputTextOf(call) },
      })),
    }),
  };
}
