import type { Quirks } from '../quirks.ts';

/** Names that engines of open weights share: vLLM, mistralrs and others. */
const openWeights = { maxOutputTokens: 'max_tokens', topK: 'top_k', minP: 'min_p', repetitionPenalty: 'repetition_penalty' } as const;

/** How the providers that speak `openai-chat` differ, by the name that `connect` has for each, and where it says so. */
export const chatQuirks = {
  // Nothing but what all have; for an endpoint that nobody here knows.
  compatible: { fields: { maxOutputTokens: 'max_tokens' }, parallelToolCalls: false },
  // platform.openai.com/docs/api-reference/chat/create: max_tokens is deprecated, and refused by reasoning models.
  openai: { mostStopSequences: 4 },
  // docs.vllm.ai/en/stable/serving/openai_compatible_server: extra parameters; structured_outputs since 0.11. A lower
  // priority is taken up earlier. Reasoning is `reasoning`, and was `reasoning_content` before 0.12.
  vllm: {
    fields: { ...openWeights, priority: 'priority' },
    thinkingSwitch: 'chat_template_kwargs',
    grammars: 'structured_outputs',
    sentReasoning: 'reasoning',
    toolNames: true,
  },
  // github.com/EricLBuehler/mistral.rs docs/HTTP.md: grammar { type, value }, enable_thinking, min_p, top_k.
  mistralrs: {
    fields: { ...openWeights, seed: false },
    thinkingSwitch: 'enable_thinking',
    grammars: 'grammar',
    responseFormats: 'json_schema',
    dryFields: ['multiplier', 'base', 'allowedLength', 'sequenceBreakers'],
    parallelToolCalls: false,
    toolNames: true,
    streamOptions: false,
  },
  // github.com/ggml-org/llama.cpp tools/server/README.md: the options of /completion are taken in chat too.
  'llama.cpp': {
    fields: { ...openWeights, repetitionPenalty: 'repeat_penalty' },
    thinkingSwitch: 'chat_template_kwargs',
    dryFields: ['multiplier', 'base', 'allowedLength', 'sequenceBreakers', 'rangeTokens'],
    namedToolChoice: false,
    sentReasoning: 'reasoning_content',
    toolNames: true,
  },
  // github.com/abetlen/llama-cpp-python, llama_cpp/server/types.py and app.py of 0.3.36: of tool choices it acts on names
  // alone, and streams have no usage. By default a request ends the one before it, by [DONE] without a reason.
  'llama-cpp-python': {
    fields: { ...openWeights, repetitionPenalty: 'repeat_penalty' },
    responseFormats: 'json_object.schema',
    requiredToolChoice: false,
    parallelToolCalls: false,
    streamOptions: false,
    tellsReason: true,
  },
  // lmstudio.ai/docs/developer/openai-compat/chat-completions: the payload's parameters; no min_p, no logprobs. Its
  // structured output (openai-compat/structured-output) is by schema only, and of tool choices it takes words alone
  // (github.com/lmstudio-ai/lmstudio-bug-tracker/issues/670).
  lmstudio: {
    fields: { ...openWeights, minP: false, repetitionPenalty: 'repeat_penalty', logprobs: false },
    responseFormats: 'json_schema',
    namedToolChoice: false,
    parallelToolCalls: false,
  },
  // api-docs.deepseek.com/api/create-chat-completion and guides/thinking_mode: no seed, no logit_bias; the reasoning
  // of turns with tool calls has to come back, that of others is ignored.
  deepseek: {
    fields: { maxOutputTokens: 'max_tokens', seed: false, logitBias: false },
    thinkingSwitch: 'thinking.type',
    responseFormats: 'json_object',
    sentReasoning: 'reasoning_content',
    parallelToolCalls: false,
    mostStopSequences: 16,
  },
  // platform.kimi.ai/docs/api/chat: max_tokens is deprecated; no seed, no logit_bias. Most models refuse to be made to
  // call while they think, and want the reasoning of a call back with it.
  moonshot: {
    fields: { seed: false, logitBias: false },
    thinkingSwitch: 'thinking.type',
    sentReasoning: 'reasoning_content',
    parallelToolCalls: false,
    toolNames: true,
    mostStopSequences: 5,
  },
  // docs.z.ai/api-reference/llm/chat-completion: tool_choice is `auto` only, one stop word, JSON without a schema; neither
  // seed, penalties, logprobs nor stream_options are there, and usage comes by itself.
  zhipu: {
    fields: {
      maxOutputTokens: 'max_tokens',
      seed: false,
      logprobs: false,
      logitBias: false,
      frequencyPenalty: false,
      presencePenalty: false,
    },
    thinkingSwitch: 'thinking.type',
    responseFormats: 'json_object',
    requiredToolChoice: false,
    namedToolChoice: false,
    noneToolChoice: false,
    sentReasoning: 'reasoning_content',
    parallelToolCalls: false,
    streamOptions: false,
    mostStopSequences: 1,
  },
  // cloud.tencent.com/document/product/1729/111007: its list of parameters has no response_format, penalties, logprobs or
  // switch for thinking. `stop` ends the answer behind the word instead of before it, so it cannot be used for ours. A
  // tool is chosen by `custom`, in a way that is not described.
  hunyuan: {
    fields: {
      maxOutputTokens: 'max_tokens',
      stopSequences: false,
      responseFormat: false,
      grammar: false,
      logprobs: false,
      logitBias: false,
      frequencyPenalty: false,
      presencePenalty: false,
    },
    requiredToolChoice: false,
    namedToolChoice: false,
    parallelToolCalls: false,
  },
} as const satisfies Readonly<Record<string, Quirks>>;
