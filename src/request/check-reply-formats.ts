import type { ReasoningFormat, ToolCallFormat } from '../spec/load-model-options.ts';
import { checkChoice } from './check-value.ts';

const reasoningFormats = Object.keys({
  auto: true,
  none: true,
  think: true,
  harmony: true,
  mistral: true,
} satisfies Record<ReasoningFormat, true>);

const toolCallFormats = Object.keys({
  auto: true,
  none: true,
  hermes: true,
  'qwen-coder': true,
  llama3: true,
  mistral: true,
  deepseek: true,
  'deepseek-v3.1': true,
  gemma: true,
  'function-gemma': true,
  harmony: true,
} satisfies Record<ToolCallFormat, true>);

/** Checks how a model is said to mark reasoning and tool calls. Throws `invalid-argument`. */
export function checkReplyFormats(options: Readonly<Record<string, unknown>>): object {
  return {
    reasoningFormat: checkChoice(options['reasoningFormat'], 'reasoningFormat', reasoningFormats),
    toolCallFormat: checkChoice(options['toolCallFormat'], 'toolCallFormat', toolCallFormats),
  };
}
