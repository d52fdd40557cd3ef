import { RunFold } from '../accumulate/run-fold.ts';
import { checkAgent, checkChatRun, checkPromptRun } from '../request/check-agent.ts';
import type { CheckedAgent, CheckedRun } from '../request/check-agent.ts';
import { guardCheck, wrongValue } from '../request/check-value.ts';
import type { AgentRunOptions } from '../spec/agent-options.ts';
import type { AgentPart } from '../spec/agent-part.ts';
import type { AgentResult } from '../spec/agent-result.ts';
import type { AgentTool } from '../spec/agent-tool.ts';
import type { ChatMessage } from '../spec/chat-message.ts';
import type { TramontaneError } from '../spec/tramontane-error.ts';
import { FailedSource } from '../stream/failed-source.ts';
import { Generation } from '../stream/generation.ts';
import { GenerationStream } from '../stream/generation-stream.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import { AgentSource } from './agent-source.ts';

/**
 * The stream of an agent's run: a {@link GenerationStream} with the parts and the result of all rounds. Its text views
 * have the text of every round.
 */
export type AgentStream = GenerationStream<AgentPart, AgentResult>;

/** What an agent is made of; what its runs have in common may be given here too. */
export interface AgentOptions extends Omit<AgentRunOptions, 'abortSignal'> {
  /** The model, wherever it runs. The agent does not close it. */
  readonly model: LanguageModel;
  /**
   * What the model may ask for, at most 128. Make them with {@link tool}.
   *
   * @defaultValue none
   */
  readonly tools?: readonly AgentTool[] | undefined;
  /**
   * A system message that each run begins with, unless its conversation has one of its own. It is not among the messages
   * of the result.
   *
   * @defaultValue none
   */
  readonly instructions?: string | undefined;
}

/**
 * Lets a model use tools: it answers, the tools that it asks for are run, their results go back to it, and so on until it
 * answers without asking for any.
 *
 * @param options - The model, its tools, and how to run.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 * @example
 * const agent = createAgent({ model, tools: [weather] });
 * for await (const part of agent.streamPrompt('Do I need an umbrella in Genova?')) {
 *   if (part.type === 'text-delta') process.stdout.write(part.delta);
 *   if (part.type === 'tool-progress') console.error(part.phase, part.toolName);
 * }
 */
export function createAgent(options: AgentOptions): Agent {
  const checked = checkAgent(options);
  return Agent.of(options.model, checked);
}

const newFold = () => new RunFold();

/** A model with tools; make one with {@link createAgent}. It keeps nothing of its runs, of which any number may go on. */
export class Agent {
  readonly #model: LanguageModel;
  readonly #agent: CheckedAgent;

  private constructor(model: LanguageModel, agent: CheckedAgent) {
    this.#model = model;
    this.#agent = agent;
  }

  /** @internal */
  static of(model: LanguageModel, agent: CheckedAgent): Agent {
    return new Agent(model, agent);
  }

  /** Answers one prompt: the user's message, and the only one. Otherwise as {@link streamChat}. */
  streamPrompt(prompt: string, options?: AgentRunOptions): AgentStream {
    return this.#stream(() => checkPromptRun(this.#agent, prompt, options));
  }

  /**
   * Goes on with a conversation until the model has answered, as one stream of all rounds: the parts of the model's
   * answer, `tool-progress` and `tool-result` of the tools that it asks for, `round-finish`, then the next round's, and
   * last a `finish` with the usage of all.
   *
   * The call never throws and begins nothing; the first read does. The stream is read, paused and left as that of a model:
   * leaving it ends the model's answer and raises the `abortSignal` of the tools that run, at once and without waiting for
   * either. Tools begin while the stream is read. Paused, no tool and no round begins; tools that run are not stopped.
   *
   * A tool that throws, takes too long or does not exist, arguments that its schema refuses and a call that was denied are
   * answers that the model gets, and end nothing. Arguments that were cut off, by `maxOutputTokens` for instance, are never
   * run.
   *
   * @param messages - The conversation so far, oldest first.
   * @param options - How to run.
   * @throws {TramontaneError} From reading, never from this call, and after all parts before it: what the model's streams
   *   throw, and `callback-failed` with the `field` of the function. `error.partial` has the usage of the run until then,
   *   and in `messages` what it had added to the conversation.
   * @example Go on with a conversation
   * const { text, messages } = await agent.streamChat(history).result();
   * history.push(...messages);
   */
  streamChat(messages: readonly ChatMessage[], options?: AgentRunOptions): AgentStream {
    return this.#stream(() => checkChatRun(this.#agent, messages, options));
  }

  /** A run given as one value, which can be built and changed before it is passed. Otherwise as {@link streamChat}. */
  streamCompletion(request: AgentRunOptions & { readonly messages: readonly ChatMessage[] }): AgentStream {
    return this.#stream(() => {
      if (request === undefined) throw wrongValue('request', 'an object', request);
      const { messages, ...options } = request;
      return checkChatRun(this.#agent, messages, options);
    });
  }

  #stream(check: () => CheckedRun): AgentStream {
    try {
      const run = guardCheck('request', check);
      return GenerationStream.of(new Generation(new AgentSource(this.#model, run), { budget: run.budget, newFold }));
    } catch (error) {
      return GenerationStream.of(new Generation(new FailedSource(error as TramontaneError), { newFold }));
    }
  }
}
