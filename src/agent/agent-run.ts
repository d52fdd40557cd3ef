import { toolMessage } from '../accumulate/run-fold.ts';
import type { CheckedRun } from '../request/check-agent.ts';
import { forcesTool } from '../request/check-tools.ts';
import type { RoundChanges } from '../spec/agent-options.ts';
import type { AgentFinishPart, RunEnd } from '../spec/agent-part.ts';
import type { ChatMessage } from '../spec/chat-message.ts';
import type { FailurePart } from '../spec/failure-part.ts';
import type { FinishReason } from '../spec/finish-reason.ts';
import type { GenerateOptions } from '../spec/generate-options.ts';
import type { GenerationResult } from '../spec/generation-result.ts';
import type { FinishPart } from '../spec/stream-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { GenerationStream } from '../stream/generation-stream.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import { CallIds } from './call-ids.ts';
import { callbackError, calling } from './callback-error.ts';
import { RunCancelled } from './run-cancelled.ts';
import type { RunControl } from './run-control.ts';
import { RunCounts } from './run-counts.ts';
import { ToolRound } from './tool-round.ts';

/** What the model is asked in one round. */
interface RoundRequest {
  readonly messages: readonly ChatMessage[];
  readonly options: GenerateOptions;
  readonly activeTools: readonly string[];
}

/** The rounds of one run, one after the other, until the model has answered. */
export class AgentRun {
  readonly #model: LanguageModel;
  readonly #run: CheckedRun;
  readonly #control: RunControl;
  readonly #messages: ChatMessage[];
  readonly #counts = new RunCounts();
  readonly #callIds: CallIds;
  #round = 0;

  constructor(model: LanguageModel, run: CheckedRun, control: RunControl) {
    this.#model = model;
    this.#run = run;
    this.#control = control;
    this.#messages = [...run.messages];
    this.#callIds = new CallIds(run.messages);
    control.signal.addEventListener('abort', () => this.#counts.cancelled(), { once: true });
  }

  /**
   * Goes through the rounds, whose parts are delivered on the way.
   *
   * @returns how the run ended
   * @throws {TramontaneError} where nothing was begun
   */
  async go(): Promise<FinishPart | FailurePart> {
    try {
      for (; ; this.#round += 1) {
        const end = await this.#runRound();
        if (end) return end;
      }
    } catch (error) {
      if (error instanceof RunCancelled) return this.#finish('aborted', 'cancel');
      return this.#failure(asTramontaneError(error));
    }
  }

  /** @returns how the run ended, if it did with this round */
  async #runRound(): Promise<FinishPart | undefined> {
    const { signal } = this.#control;
    await this.#control.wanted();
    const request = await this.#prepare();
    const answer = await this.#answer(request);
    const { finishReason, toolCalls, message } = answer;
    this.#messages.push(message);
    // Where it was cut off, or cancelled, what was asked for is not run.
    const asks = toolCalls.length > 0 && (finishReason === 'tool-calls' || finishReason === 'stop');
    if (!asks) {
      this.#finishRound(answer);
      return this.#finish(finishReason, finishReason === 'aborted' ? 'cancel' : 'model');
    }
    let answered: number;
    try {
      const { activeTools } = request;
      const round = new ToolRound(this.#run, this.#control, this.#round, { messages: this.#conversation, activeTools });
      const results = await round.answer(toolCalls);
      this.#messages.push(...results.map(toolMessage));
      answered = results.length;
    } finally {
      // Cancelled or failed, the round ends with what there is.
      this.#finishRound(answer);
    }
    if (answered < toolCalls.length) return this.#finish('tool-calls', 'open-calls');
    if (signal.aborted) throw new RunCancelled();
    return this.#round + 1 < this.#run.maxRounds ? undefined : this.#finish('tool-calls', 'max-rounds');
  }

  /** A copy, as the list grows on. */
  get #conversation(): readonly ChatMessage[] {
    return [...this.#messages];
  }

  async #prepare(): Promise<RoundRequest> {
    const { signal } = this.#control;
    const { prepareRound, tools, definitions, options, toolChoice } = this.#run;
    if (signal.aborted) throw new RunCancelled();
    let changes: RoundChanges = {};
    if (prepareRound) {
      const start = { round: this.#round, messages: this.#conversation, usage: this.#counts.usage, abortSignal: signal };
      changes = (await calling('prepareRound', signal, () => prepareRound(start))) ?? {};
      if (typeof changes !== 'object') throw callbackError('prepareRound', 'must give an object, or nothing');
    }
    const { messages = this.#conversation, activeTools = [...tools.keys()], ...others } = changes;
    if (!Array.isArray(activeTools)) throw callbackError('prepareRound', 'must give activeTools as an array of names');
    for (const name of activeTools) {
      if (!tools.has(name)) throw callbackError('prepareRound', `gave activeTools with ${name}, which the agent does not have`);
    }
    // A call that is forced again and again would never let the model answer.
    const goingOn = this.#round > 0 && forcesTool(toolChoice) ? 'auto' : toolChoice;
    const merged: GenerateOptions = { ...options, toolChoice: goingOn, ...others };
    const active = definitions.filter(({ name }) => activeTools.includes(name));
    // The call itself is held to a grammar.
    const { grammar, responseFormat, ...unheld } = merged;
    const held = forcesTool(merged.toolChoice) ? {} : { grammar, responseFormat };
    // Without tools there is nothing to choose.
    const choice = active.length > 0 ? { tools: active } : { toolChoice: undefined };
    return { messages, activeTools, options: { ...unheld, ...held, ...choice } };
  }

  async #answer({ messages, options }: RoundRequest): Promise<GenerationResult> {
    const beganAt = performance.now();
    const answer = GenerationStream.generationOf(this.#model.streamChat(messages, options));
    answer.claim(() => true);
    this.#callIds.beginRound();
    this.#control.follow(answer);
    try {
      for (;;) {
        await this.#control.wanted();
        const read = await answer.next();
        if (read.done) throw new TramontaneError('engine-failed', 'the model ended its answer without saying how');
        if (read.value.type === 'finish') break;
        this.#control.deliver(this.#callIds.inPart(read.value));
      }
    } catch (error) {
      const { partial } = asTramontaneError(error);
      if (partial) this.#counts.add(partial.usage, partial.timings, beganAt);
      throw error;
    }
    const result = await answer.result();
    this.#counts.add(result.usage, result.timings, beganAt);
    return this.#callIds.inAnswer(result);
  }

  #finishRound({ finishReason, usage, timings, bufferHighWater }: GenerationResult): void {
    this.#control.deliver({ type: 'round-finish', round: this.#round, finishReason, usage, timings, bufferHighWater });
  }

  #finish(finishReason: FinishReason, endedBy: RunEnd): FinishPart {
    const { usage, timings } = this.#counts;
    const finish: Omit<AgentFinishPart, 'rounds' | 'text'> = { type: 'finish', finishReason, usage, timings, endedBy };
    return finish;
  }

  #failure(error: TramontaneError): FailurePart {
    const { usage, timings } = this.#counts;
    // Where nothing was begun, there is nothing to tell of it.
    if (this.#round === 0 && !error.partial && error.code !== 'callback-failed') throw error;
    return { type: 'error', error, usage, timings };
  }
}

function asTramontaneError(error: unknown): TramontaneError {
  if (TramontaneError.isInstance(error)) return error;
  return new TramontaneError('engine-failed', error instanceof Error ? error.message : String(error), { cause: error });
}
