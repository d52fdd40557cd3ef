import type { DialectSettings, Spoken } from '../dialect.ts';
import { chatQuirks } from './chat-quirks.ts';
import { isObject } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';
import { meansNoResponses } from './no-responses.ts';
import { openAIChat } from './openai-chat.ts';

/** What responses and chat completions call by the same name. */
const shared = new Set(['metadata', 'user', 'service_tier', 'parallel_tool_calls', 'prompt_cache_key', 'safety_identifier']);

/** What chat completions do without being told: they keep nothing, and send nothing besides the answer. */
const needless = new Set(['include', 'stream']);

/** Chat completions in the place of responses, where a server has none and nothing is asked for that only these can do. */
export function chatForResponses(status: number, body: string, { providerOptions }: DialectSettings): Spoken | undefined {
  const options = chatOptions(providerOptions);
  if (!options || !meansNoResponses(status, body)) return undefined;
  // A server that lacks responses is not OpenAI's.
  return { dialect: openAIChat, settings: { quirks: chatQuirks.compatible, providerOptions: options } };
}

/**
 * The caller's own fields for responses as fields for chat completions; `undefined` where one has no counterpart, above
 * all where the server is to remember something: `previous_response_id`, `conversation`, `store`, `background`.
 */
export function chatOptions(providerOptions: LooseObject): LooseObject | undefined {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(providerOptions)) {
    if (value === undefined || value === null || value === false || needless.has(name)) continue;
    if (shared.has(name)) options[name] = value;
    else if (name === 'reasoning' && isObject(value)) {
      // How it is summed up only matters where it is shown that way.
      if (value['effort'] !== undefined) options['reasoning_effort'] = value['effort'];
    } else return undefined;
  }
  return options;
}
