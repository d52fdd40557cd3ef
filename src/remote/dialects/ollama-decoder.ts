import type { FinishReason } from '../../spec/finish-reason.ts';
import type { EventDecoder, ServerEvent } from '../dialect.ts';
import { errorFrame } from './error-frame.ts';
import { openAILogProbabilities } from './log-probability.ts';
import { countOf, isObject, objectOf, objectsOf, parseObject, textOf } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';
import { failedFrame } from './remote-failure.ts';
import { Reply } from './reply.ts';

/** docs.ollama.com/api/chat; `load` and `unload` answer requests without messages. */
const doneReasons: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
]);

/** Reads the lines of Ollama's /api/chat and /api/generate. */
export class OllamaDecoder implements EventDecoder {
  readonly #reply = new Reply();

  push({ data }: ServerEvent): ReturnType<EventDecoder['push']> {
    const reply = this.#reply;
    if (!reply.over && data.trim() !== '') {
      const line = parseObject(data);
      if (line) this.#read(line);
      else reply.fail({ code: 'remote-failed', message: 'the server sent a line that is no JSON object' });
    }
    return reply.take();
  }

  end(): ReturnType<EventDecoder['end']> {
    this.#reply.closed();
    return this.#reply.take();
  }

  #read(line: LooseObject): void {
    const reply = this.#reply;
    const error = errorFrame(line);
    if (error) return reply.fail(failedFrame(error));
    const message = objectOf(line['message']);
    reply.reasoning(textOf(message['thinking']) || textOf(line['thinking']));
    reply.logProbabilities(openAILogProbabilities(line['logprobs']));
    reply.text(textOf(message['content']) || textOf(line['response']));
    for (const call of objectsOf(message['tool_calls'])) this.#call(textOf(call['id']), objectOf(call['function']));
    if (line['done'] !== true) return;
    // What was in the cache is not counted, and where nothing else was read, nothing is told.
    reply.count({ inputTokens: countOf(line['prompt_eval_count']), outputTokens: countOf(line['eval_count']) });
    reply.reason(doneReasons.get(textOf(line['done_reason'])) ?? 'stop');
    reply.done();
  }

  /** Calls come whole, and their arguments as what they are. */
  #call(id: string, { name, arguments: input }: LooseObject): void {
    const { calls } = this.#reply;
    const call = calls.begin(id, textOf(name));
    if (!call) return;
    calls.write(call, isObject(input) ? JSON.stringify(input) : textOf(input));
    calls.finish(call);
  }
}
