import type { ChatMessage } from './chat-message.ts';
import type { GenerateOptions } from './generate-options.ts';

/** A whole request as one value: exactly one of `prompt`, `messages` and `tokens`, and how to generate. */
export type CompletionRequest = GenerateOptions & (TextPrompt | MessagesPrompt | TokensPrompt);

/** Text the model continues as it stands: no chat template is applied. */
export interface TextPrompt {
  /** Must not be empty. A lone surrogate is read as U+FFFD. */
  readonly prompt: string;
  readonly messages?: undefined;
  readonly tokens?: undefined;
}

/** A conversation, rendered by the model's chat template. */
export interface MessagesPrompt {
  /** At least one message. */
  readonly messages: readonly ChatMessage[];
  readonly prompt?: undefined;
  readonly tokens?: undefined;
}

/** Token ids of the model's own vocabulary, fed as they are: nothing is added before or after. */
export interface TokensPrompt {
  /** At least one id; each an integer below `model.info.vocabularySize`. */
  readonly tokens: readonly number[];
  readonly prompt?: undefined;
  readonly messages?: undefined;
}
