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
  // lmstudio.ai/docs/developer/openai-compat/chat-completions: the payload's parameters; no logprobs. Its structured
  // output is by schema only.
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
  // platform.moonshot.ai/docs/api/chat: no seed, logprobs or logit_bias; tool_choice has no `required`.
  moonshot: {
    fields: { maxOutputTokens: 'max_tokens', seed: false, logprobs: false, logitBias: false },
    thinkingSwitch: 'thinking.type',
    requiredToolChoice: false,
    namedToolChoice: false,
    sentReasoning: 'reasoning_content',
    parallelToolCalls: false,
    toolNames: true,
    mostStopSequences: 5,
  },
  // docs.z.ai/api-reference/llm/chat-completion: tool_choice is `auto` only, one stop word, usage comes by itself.
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
    sentReasoning: 'reasoning_content',
    parallelToolCalls: false,
    streamOptions: false,
    mostStopSequences: 1,
  },
  // cloud.tencent.com/document/product/1729/111007: the compatible endpoint's parameters; no logprobs, usage comes by itself.
  hunyuan: {
    fields: {
      maxOutputTokens: 'max_tokens',
      logprobs: false,
      logitBias: false,
      frequencyPenalty: false,
      presencePenalty: false,
    },
    thinkingSwitch: 'enable_thinking',
    responseFormats: 'json_object',
    requiredToolChoice: false,
    parallelToolCalls: false,
  },
} as const satisfies Readonly<Record<string, Quirks>>;
