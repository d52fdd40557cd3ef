import type { LanguageModelV4ToolChoice } from '@ai-sdk/provider';
import { checkChatRequest } from '../request/check-request.ts';
import type { ChatMessage } from '../spec/chat-message.ts';
import type { GenerateOptions } from '../spec/generate-options.ts';
import type { ResponseFormat } from '../spec/grammar.ts';
import type { ToolChoice, ToolDefinition } from '../spec/tool-definition.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import type { CallOptions, CallWarning } from './call-part.ts';
import { tramontaneOptions } from './provider-options.ts';
import { reasoningVariables } from './reasoning-variables.ts';
import { PromptMessages } from './prompt-messages.ts';

type CallTools = NonNullable<CallOptions['tools']>;

/** What a model is asked for a call of the AI SDK. */
export interface CallRequest {
  readonly messages: readonly ChatMessage[];
  readonly options: GenerateOptions;
  readonly warnings: readonly CallWarning[];
}

/** A request as telemetry shows it. */
export function bodyOf({ messages, options }: CallRequest): unknown {
  return { messages, ...options };
}

/** Settings without which a call can still be answered. */
const dispensable = [
  'temperature',
  'topP',
  'topK',
  'presencePenalty',
  'frequencyPenalty',
  'seed',
  'stopSequences',
  'responseFormat',
  'templateVariables',
] as const satisfies readonly (keyof GenerateOptions)[];

/** Turns a call into a request. Throws `invalid-argument` for what cannot be passed on and must not be left out. */
export function callRequest(call: CallOptions, model: LanguageModel): CallRequest {
  const { messages, warnings } = new PromptMessages(call.prompt);
  const own = tramontaneOptions(call.providerOptions);
  const tools = functionTools(call.tools ?? [], warnings);
  const toolChoice = toolChoiceOf(call.toolChoice, tools);
  const templateVariables = reasoningOf(call, own.templateVariables, model, warnings);
  const options: GenerateOptions = {
    ...own,
    maxOutputTokens: call.maxOutputTokens,
    temperature: call.temperature,
    topP: call.topP,
    topK: call.topK,
    presencePenalty: call.presencePenalty,
    frequencyPenalty: call.frequencyPenalty,
    seed: call.seed,
    stopSequences: call.stopSequences,
    responseFormat: responseFormatOf(call.responseFormat, tools, toolChoice, warnings),
    ...(tools.length > 0 && { tools }),
    ...(toolChoice && { toolChoice }),
    ...(templateVariables && { templateVariables }),
  };
  return { messages, options, warnings };
}

/**
 * The request without the setting that a model has refused as such, with a warning that says so: the AI SDK's callers set
 * what one model knows and another does not. Nothing where the call cannot go on without it, or its value is at fault.
 */
export function withoutRefused(request: CallRequest, error: unknown, call: CallOptions): CallRequest | undefined {
  if (!TramontaneError.isInstance(error) || error.code !== 'invalid-argument') return undefined;
  const { field, message } = error;
  const name = dispensable.find((known) => field === known || (known === 'templateVariables' && field === `${known}.enable_thinking`));
  if (!name || request.options[name] === undefined || !isValid(request)) return undefined;
  // Variables that the caller has named are not to be left out.
  if (name === 'templateVariables' && tramontaneOptions(call.providerOptions).templateVariables) return undefined;
  const feature = name === 'templateVariables' ? 'reasoning' : name;
  const warning: CallWarning = { type: 'unsupported', feature, details: message };
  const warnings = request.warnings.filter((other) => other.feature !== feature);
  return { ...request, options: { ...request.options, [name]: undefined }, warnings: [...warnings, warning] };
}

function isValid({ messages, options }: CallRequest): boolean {
  try {
    checkChatRequest(messages, options);
    return true;
  } catch {
    return false;
  }
}

function functionTools(tools: CallTools, warnings: CallWarning[]): ToolDefinition[] {
  return tools.flatMap((tool) => {
    if (tool.type !== 'function') {
      warnings.push({ type: 'unsupported', feature: `provider-defined tool ${tool.id}` });
      return [];
    }
    if (tool.inputExamples) warnings.push({ type: 'unsupported', feature: `inputExamples of the tool ${tool.name}` });
    return [{ name: tool.name, description: tool.description, inputSchema: tool.inputSchema as object }];
  });
}

function toolChoiceOf(choice: LanguageModelV4ToolChoice | undefined, tools: readonly ToolDefinition[]): ToolChoice | undefined {
  if (!choice) return undefined;
  if (choice.type === 'tool') return { type: 'tool', toolName: choice.toolName };
  // The AI SDK always says something, also without tools.
  return choice.type === 'required' || tools.length > 0 ? choice.type : undefined;
}

/** JSON is held to by a grammar from the first token on, which leaves no room for a tool call. */
function responseFormatOf(
  format: CallOptions['responseFormat'],
  tools: readonly ToolDefinition[],
  toolChoice: ToolChoice | undefined,
  warnings: CallWarning[],
): ResponseFormat | undefined {
  if (format?.type !== 'json') return undefined;
  if (tools.length > 0 && toolChoice !== 'none') {
    const forced = toolChoice === 'required' || typeof toolChoice === 'object';
    const details = forced
      ? 'toolChoice asks for a call, so this answer is not held to JSON'
      : 'an answer that is held to JSON calls no tools; ask for it in a call of its own';
    warnings.push({ type: 'unsupported', feature: 'responseFormat with tools', details });
    if (forced) return undefined;
  }
  return { type: 'json', schema: format.schema as object | undefined };
}

function reasoningOf(
  { reasoning }: CallOptions,
  own: GenerateOptions['templateVariables'],
  model: LanguageModel,
  warnings: CallWarning[],
): GenerateOptions['templateVariables'] {
  if (!reasoning) return own;
  const { variables, warning } = reasoningVariables(reasoning, model);
  if (warning) warnings.push(warning);
  return variables ? { ...variables, ...own } : own;
}
