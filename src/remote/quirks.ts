import type { DryOptions } from '../spec/dry-options.ts';
import type { CheckedGenerateOptions } from './dialect.ts';

/** How a provider departs from the protocol that it speaks. What is absent is as the protocol has it. */
export interface Quirks {
  /** Fields of a chat chunk's delta that may hold reasoning, in the order in which they are looked at. */
  readonly reasoningFields?: readonly string[];
  /** The field of an assistant message in which reasoning is sent back; without one it is not. */
  readonly sentReasoning?: 'reasoning_content' | 'reasoning';
  /** What an option is called in the body, where that is not OpenAI's name; `false` where the server does not have it. */
  readonly fields?: Readonly<Partial<Record<keyof CheckedGenerateOptions, string | false>>>;
  /** How thinking is switched; `chat_template_kwargs` takes any `templateVariables`. */
  readonly thinkingSwitch?: 'chat_template_kwargs' | 'thinking.type' | 'enable_thinking';
  /** How a regular expression or Lark grammar is asked for. */
  readonly grammars?: 'structured_outputs' | 'grammar';
  /** The fields of `dry` that there are, as `dry_multiplier` and so on. */
  readonly dryFields?: readonly (keyof DryOptions)[];
  /**
   * What `responseFormat` may ask for; JSON schemas and JSON where it is absent. `json_object.schema` is both, with the
   * schema as a field of `json_object`.
   */
  readonly responseFormats?: 'json_object' | 'json_schema' | 'json_object.schema';
  /** The word for "call some tool", where it is not `required`; `false` where there is none. */
  readonly requiredToolChoice?: 'any' | false;
  /** `false` where there is no word for "call no tool": then tools are not sent. */
  readonly noneToolChoice?: false;
  /** `false` where no tool can be asked for by name. */
  readonly namedToolChoice?: false;
  /** `false` where the server does not know `parallel_tool_calls`. */
  readonly parallelToolCalls?: false;
  /** Tool messages carry the tool's name too, for chat templates that need it. */
  readonly toolNames?: true;
  /** `false` where the server does not know `stream_options` and tells usage all the same, or never. */
  readonly streamOptions?: false;
  /** `true` where every answer tells why it ended, unless the server has cut it off. */
  readonly tellsReason?: true;
  /** The most `stopSequences`. */
  readonly mostStopSequences?: number;
}
