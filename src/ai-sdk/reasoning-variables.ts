import type { LanguageModel } from '../stream/language-model.ts';
import type { CallOptions, CallWarning } from './call-part.ts';

type Reasoning = NonNullable<CallOptions['reasoning']>;

/** The levels that templates know, which follow OpenAI's gpt-oss. */
const efforts: Readonly<Record<Reasoning, string | undefined>> = {
  'provider-default': undefined,
  none: undefined,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

/** How a level of reasoning is asked for. */
export interface AskedReasoning {
  /** Variables of the chat template; none where it reads none for this. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** What is not done as asked. */
  readonly warning?: CallWarning;
}

/**
 * How `reasoning` is asked for of a model: by the variable that its chat template reads. Where the template is not known,
 * it is asked for by `enable_thinking`, which remote engines are given in their own words, or refuse.
 */
export function reasoningVariables(reasoning: Reasoning, { info }: Pick<LanguageModel, 'info'>): AskedReasoning {
  if (reasoning === 'provider-default') return {};
  const template = 'chatTemplate' in info ? String(info.chatTemplate) : undefined;
  const effort = efforts[reasoning];
  if (template?.includes('reasoning_effort') && effort) {
    return { variables: { reasoning_effort: effort }, ...(effort !== reasoning && nearly(`"${reasoning}" is taken as "${effort}"`)) };
  }
  if (template === undefined || template.includes('enable_thinking')) {
    const thinks = reasoning !== 'none';
    return { variables: { enable_thinking: thinks }, ...(thinks && nearly(`"${reasoning}" only switches thinking on`)) };
  }
  const details = "the model's chat template reads no variable for it; providerOptions.tramontane.templateVariables sets others";
  return { warning: { type: 'unsupported', feature: 'reasoning', details } };
}

function nearly(details: string): AskedReasoning {
  return { warning: { type: 'compatibility', feature: 'reasoning', details } };
}
