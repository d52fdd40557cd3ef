import type { FinishReason } from '../../spec/finish-reason.ts';
import type { GenerationResult } from '../../spec/generation-result.ts';
import type { TokenLogProbabilities } from '../../spec/log-probabilities.ts';
import type { FinishPart, StreamPart } from '../../spec/stream-part.ts';
import type { ToolCall } from '../../spec/assistant-message.ts';
import { openAILogprob } from '../../views/openai-logprob.ts';
import { checkWhole } from '../openai/whole-finish.ts';

/** What is the same in all lines of an answer. */
export interface AnswerFrame {
  /** As the caller has named it. */
  readonly model: string;
  readonly form: 'chat' | 'generate';
  /** How long it took until there was a model, in milliseconds. */
  readonly loadMs: number;
}

interface Said {
  readonly text?: string;
  readonly thinking?: string;
  readonly calls?: readonly object[];
}

// A reader takes `stop` for a whole answer; calls are seen by themselves.
const doneReasons: Readonly<Partial<Record<FinishReason, string>>> = { length: 'length', error: 'length' };

/** Turns the parts of a stream into the lines of Ollama's answer (docs.ollama.com/api/streaming). */
export class AnswerLines {
  readonly #frame: AnswerFrame;
  #calls = 0;
  /** Of tokens whose text comes next. */
  #logProbabilities: TokenLogProbabilities[] = [];

  constructor(frame: AnswerFrame) {
    this.#frame = frame;
  }

  /** @throws {TramontaneError} `closed` where the answer was cut short from here */
  linesOf(part: StreamPart): string {
    switch (part.type) {
      case 'text-delta':
        return this.#line({ text: part.delta });
      case 'reasoning-delta':
        return this.#line({ thinking: part.delta });
      case 'tool-call':
        return this.#line(isWhole(part) ? { calls: [callOf(part, this.#calls++)] } : { text: part.inputText });
      case 'log-probabilities':
        this.#logProbabilities.push(...part.tokens);
        return '';
      case 'finish':
        return this.#line({}, endOf(this.#frame, part));
      default:
        return '';
    }
  }

  /** A line that says nothing, so that a silent connection is not taken for dead. */
  silence(): string {
    return `${JSON.stringify({ ...answered(this.#frame, {}), done: false })}\n`;
  }

  #line(said: Said, end: object = { done: false }): string {
    const tokens = this.#logProbabilities.splice(0);
    return `${JSON.stringify({ ...answered(this.#frame, said), ...end, ...logprobsOf(tokens) })}\n`;
  }
}

/** An answer as a whole. */
export function wholeAnswer(frame: AnswerFrame, result: GenerationResult): object {
  const { text, reasoning, toolCalls, logProbabilities = [] } = result;
  const broken = toolCalls.filter((call) => !isWhole(call)).map(({ inputText }) => inputText);
  const said = { text: text + broken.join(''), thinking: reasoning, calls: toolCalls.filter(isWhole).map(callOf) };
  return { ...answered(frame, said), ...endOf(frame, result), ...logprobsOf(logProbabilities) };
}

/** The answer to a request that only has a model loaded, or unloaded. */
export function emptyAnswer(frame: AnswerFrame, doneReason: 'load' | 'unload'): object {
  return { ...answered(frame, {}), done: true, done_reason: doneReason };
}

function answered({ model, form }: AnswerFrame, { text = '', thinking = '', calls = [] }: Said): object {
  const head = { model, created_at: new Date().toISOString() };
  const thought = thinking === '' ? {} : { thinking };
  if (form === 'generate') return { ...head, response: text, ...thought };
  return { ...head, message: { role: 'assistant', content: text, ...thought, ...(calls.length > 0 && { tool_calls: calls }) } };
}

function endOf({ loadMs }: AnswerFrame, { finishReason, usage, timings }: Omit<FinishPart, 'type'>): object {
  checkWhole(finishReason);
  return {
    done: true,
    done_reason: doneReasons[finishReason] ?? 'stop',
    total_duration: nanoseconds(loadMs + timings.totalMs),
    load_duration: nanoseconds(loadMs),
    prompt_eval_count: usage.inputTokens,
    prompt_eval_duration: nanoseconds(timings.prefillMs),
    eval_count: usage.outputTokens,
    eval_duration: nanoseconds(timings.decodeMs),
  };
}

/** Times as Ollama has them. */
export function nanoseconds(ms: number): number {
  return Math.round(ms * 1e6);
}

function logprobsOf(tokens: readonly TokenLogProbabilities[]): object {
  return tokens.length > 0 ? { logprobs: tokens.map(openAILogprob) } : {};
}

/** Whether its arguments are an object, as Ollama's clients expect. What is none is told as the text that it is. */
function isWhole({ input }: Pick<ToolCall, 'input'>): boolean {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

function callOf({ toolCallId, toolName, input }: Pick<ToolCall, 'toolCallId' | 'toolName' | 'input'>, index: number): object {
  return { id: toolCallId, function: { index, name: toolName, arguments: input } };
}
