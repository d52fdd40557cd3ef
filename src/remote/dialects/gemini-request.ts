import type { AssistantTurn, ChatMessage, ToolMessage } from '../../spec/chat-message.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import type { CheckedGenerateOptions, DialectSettings, RemoteRequest, RequestBody } from '../dialect.ts';
import { askedOptions, inexpressible, jsonAsked, messagesOf, refuseOthers, sentBody, thinkingAsked } from './expressible.ts';
import { parseObject } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';
import { placedData } from './placed-data.ts';
import { inputObjectOf } from './sent-call.ts';

type OptionName = keyof CheckedGenerateOptions;

const protocol = "Gemini's generateContent";

const known = new Set<OptionName>([
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'frequencyPenalty',
  'presencePenalty',
  'logprobs',
  'seed',
  'stopSequences',
  'responseFormat',
  'grammar',
  'tools',
  'toolChoice',
  'templateVariables',
]);

/** The request of Gemini's streamGenerateContent (ai.google.dev/api/generate-content). */
export function geminiRequest(request: RemoteRequest, { providerOptions }: DialectSettings): RequestBody {
  const asked = askedOptions(request.options);
  refuseOthers(asked, known, protocol);
  const messages = messagesOf(request, protocol);
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => ({ text: content }));
  const body = {
    contents: contentsOf(messages),
    ...(system.length > 0 && { systemInstruction: { parts: system } }),
    generationConfig: {
      maxOutputTokens: asked.maxOutputTokens,
      temperature: asked.temperature,
      topP: asked.topP,
      topK: asked.topK,
      frequencyPenalty: asked.frequencyPenalty,
      presencePenalty: asked.presencePenalty,
      seed: seedOf(asked),
      stopSequences: asked.stopSequences,
      ...(asked.logprobs !== undefined && { responseLogprobs: true, logprobs: asked.logprobs }),
      ...answerForm(asked),
      ...thinking(asked),
    },
    ...toolFields(asked),
  };
  return { path: `/${modelPath(request.model)}:streamGenerateContent?alt=sse`, body: sentBody(body, providerOptions) };
}

/** Also `tunedModels/…`, which has a folder of its own. */
export function modelPath(model: string): string {
  const name = model.includes('/') ? model : `models/${model}`;
  return name.split('/').map(encodeURIComponent).join('/');
}

/** An int32 there. */
function seedOf({ seed }: CheckedGenerateOptions): number | undefined {
  if (seed !== undefined && seed >= 2 ** 31) throw inexpressible('seed', protocol, 'it must be below 2^31 there');
  return seed;
}

function answerForm(asked: CheckedGenerateOptions): object {
  const json = jsonAsked(asked, protocol);
  if (!json) return {};
  const responseJsonSchema = json.schema === true ? undefined : json.schema;
  return { responseMimeType: 'application/json', ...(responseJsonSchema !== undefined && { responseJsonSchema }) };
}

/** ai.google.dev/gemini-api/docs/thinking: 0 switches it off, where the model allows; thoughts are shown on request. */
function thinking(asked: CheckedGenerateOptions): object {
  const wanted = thinkingAsked(asked, protocol);
  if (wanted === undefined) return {};
  return { thinkingConfig: wanted ? { includeThoughts: true } : { thinkingBudget: 0 } };
}

function toolFields({ tools, toolChoice = 'auto' }: CheckedGenerateOptions): object {
  if (!tools) return {};
  const modes = { auto: 'AUTO', none: 'NONE', required: 'ANY' } as const;
  const choice = typeof toolChoice === 'string' ? { mode: modes[toolChoice] } : { mode: 'ANY', allowedFunctionNames: [toolChoice.toolName] };
  return {
    tools: [
      {
        functionDeclarations: tools.map(({ name, description, inputSchema }) => ({
          name,
          description,
          parametersJsonSchema: inputSchema,
        })),
      },
    ],
    toolConfig: { functionCallingConfig: choice },
  };
}

function contentsOf(messages: readonly ChatMessage[]): object[] {
  const contents: { role: string; parts: object[] }[] = [];
  const toolNames = new Map<string, string>();
  messages.forEach((message, at) => {
    if (message.role === 'system') return;
    if (message.role === 'assistant') for (const call of message.toolCalls ?? []) toolNames.set(call.toolCallId, call.toolName);
    const role = message.role === 'assistant' ? 'model' : 'user';
    const parts =
      message.role === 'assistant'
        ? modelParts(message)
        : [message.role === 'tool' ? functionResponse(message, toolNames, at) : { text: message.content }];
    const last = contents.at(-1);
    // The answers to several calls of one turn belong into one.
    if (last?.role === role) last.parts.push(...parts);
    else if (parts.length > 0) contents.push({ role, parts });
  });
  return contents;
}

/** Calls are answered by name there. */
function functionResponse({ toolCallId, toolName, content }: ToolMessage, names: ReadonlyMap<string, string>, at: number): object {
  const name = toolName ?? names.get(toolCallId);
  if (name === undefined) {
    const field = `messages[${at}].toolName`;
    throw new TramontaneError('invalid-argument', `${field} is needed: no message before it has the call "${toolCallId}"`, { field });
  }
  return { functionResponse: { name, response: parseObject(content) ?? { result: content } } };
}

/** Signatures go back on the part that they came with (ai.google.dev/gemini-api/docs/thought-signatures). */
function modelParts(message: AssistantTurn): object[] {
  let signature: LooseObject = {};
  return placedData(message, 'gemini', {
    text: (text) => [{ text }],
    call: (call) => {
      const part = { functionCall: { name: call.toolName, args: inputObjectOf(call) }, ...signature };
      signature = {};
      return [part];
    },
    data: ({ thoughtSignature, on }) => {
      if (on !== 'call') return [{ text: '', thoughtSignature }];
      signature = { thoughtSignature };
      return [];
    },
  });
}
