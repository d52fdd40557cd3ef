import type { CheckedRun } from '../request/check-agent.ts';
import type { ToolResultPart } from '../spec/agent-part.ts';
import type { AgentTool } from '../spec/agent-tool.ts';
import type { ToolCall } from '../spec/assistant-message.ts';
import type { ChatMessage } from '../spec/chat-message.ts';
import { executeTool, failed } from './execute-tool.ts';
import type { ToolOutcome } from './execute-tool.ts';
import { calling, callbackError } from './callback-error.ts';
import { unlessCancelled } from './run-cancelled.ts';
import type { RunControl } from './run-control.ts';

/** A call that was approved. */
interface Job {
  readonly index: number;
  readonly call: ToolCall;
  readonly tool: AgentTool;
  /** As the model wrote it, or `onToolCall` has changed it. */
  readonly input: unknown;
  /** What the tool's schema has made of it. */
  readonly value: unknown;
}

/** The calls of one round: each is checked and decided on, in order; then those that may be are run. */
export class ToolRound {
  readonly #run: CheckedRun;
  readonly #control: RunControl;
  readonly #round: number;
  /** The conversation so far, the model's message that makes the calls included. */
  readonly #messages: readonly ChatMessage[];
  /** The names of those that the model was shown. */
  readonly #activeTools: readonly string[];
  readonly #results: ToolResultPart[] = [];

  constructor(
    run: CheckedRun,
    control: RunControl,
    round: number,
    { messages, activeTools }: { readonly messages: readonly ChatMessage[]; readonly activeTools: readonly string[] },
  ) {
    this.#run = run;
    this.#control = control;
    this.#round = round;
    this.#messages = messages;
    this.#activeTools = activeTools;
  }

  /**
   * Answers the calls.
   *
   * @returns the answers in the calls' order; a call without one was left open
   * @throws {RunCancelled} as soon as the run is cancelled
   * @throws {TramontaneError} `callback-failed`
   */
  async answer(calls: readonly ToolCall[]): Promise<readonly ToolResultPart[]> {
    const jobs: Job[] = [];
    for (const [index, call] of calls.entries()) {
      const decided = await this.#decide(index, call);
      // None of the round is run, but what was refused stays so.
      if (decided === 'end') return this.#inOrder();
      if (decided !== 'answered') jobs.push(decided);
    }
    const runnable = jobs.filter(({ tool }) => tool.execute);
    await this.#runAll(runnable);
    return this.#inOrder();
  }

  #inOrder(): readonly ToolResultPart[] {
    return this.#results.toSorted((one, other) => one.index - other.index);
  }

  async #decide(index: number, call: ToolCall): Promise<Job | 'answered' | 'end'> {
    const { toolName, input } = call;
    const answered = (outcome: ToolOutcome) => {
      this.#deliverResult(index, call, outcome);
      return 'answered' as const;
    };
    const tool = this.#activeTools.includes(toolName) ? this.#run.tools.get(toolName) : undefined;
    if (!tool) {
      const known = this.#activeTools.length > 0 ? `the tools are ${this.#activeTools.join(', ')}` : 'there are no tools';
      return answered(failed('unknown-tool', `there is no tool ${toolName}; ${known}.`));
    }
    if (input === undefined) return answered(failed('invalid-input', 'the arguments are no valid JSON.'));
    const checked = await this.#validate(tool, input);
    if ('problem' in checked) return answered(failed('invalid-input', checked.problem));
    const decision = await this.#ask(call);
    switch (decision?.type) {
      case 'approve': {
        if (decision.input === undefined) return { index, call, tool, input, value: checked.value };
        const changed = await this.#validate(tool, decision.input);
        if ('problem' in changed) throw callbackError('onToolCall', `gave an input for ${toolName} that its schema refuses: ${changed.problem}`);
        return { index, call, tool, input: decision.input, value: changed.value };
      }
      case 'deny':
        return answered(failed('denied', decision.reason ?? 'the call was denied.'));
      case 'end':
        return 'end';
      default:
        throw callbackError('onToolCall', 'must give { type: "approve" }, { type: "deny" } or { type: "end" }');
    }
  }

  async #validate(tool: AgentTool, input: unknown): Promise<{ value: unknown } | { problem: string }> {
    return unlessCancelled(this.#control.signal, async () => {
      try {
        return await tool.validateInput(input);
      } catch (error) {
        return { problem: error instanceof Error ? error.message : String(error) };
      }
    });
  }

  async #ask({ toolCallId, toolName, input }: ToolCall) {
    const { onToolCall } = this.#run;
    if (!onToolCall) return { type: 'approve' } as const;
    const { signal } = this.#control;
    await this.#control.unpaused();
    const request = { toolCallId, toolName, input, round: this.#round, messages: this.#messages, abortSignal: signal };
    return calling('onToolCall', signal, () => onToolCall(request));
  }

  async #runAll(jobs: readonly Job[]): Promise<void> {
    const waiting = [...jobs];
    const runSome = async () => {
      for (let job = waiting.shift(); job; job = waiting.shift()) await this.#runOne(job);
    };
    // Each of them ends at once when the run is cancelled, and rejects with nothing else.
    await Promise.all(Array.from({ length: Math.min(this.#run.maxParallelTools, jobs.length) }, runSome));
  }

  async #runOne({ index, call, tool, input, value }: Job): Promise<void> {
    const { signal } = this.#control;
    const { toolCallId, toolName } = call;
    const progress = { type: 'tool-progress', toolCallId, toolName, round: this.#round } as const;
    await this.#control.unpaused();
    const startedAt = performance.now();
    if (!signal.aborted) this.#control.deliver({ ...progress, phase: 'calling', input });
    const context = { toolCallId, round: this.#round, messages: this.#messages };
    const outcome = await executeTool(tool, value, context, {
      timeoutMs: tool.timeoutMs ?? this.#run.toolTimeoutMs,
      signal,
      onValue: (yielded) => {
        this.#control.deliver({ ...progress, phase: 'running', value: yielded });
        return this.#control.unpaused();
      },
    });
    const isError = outcome.failure !== undefined;
    this.#control.deliver({ ...progress, phase: 'complete', isError, durationMs: performance.now() - startedAt });
    this.#deliverResult(index, call, outcome);
  }

  #deliverResult(index: number, { toolCallId, toolName }: ToolCall, outcome: ToolOutcome): void {
    const isError = outcome.failure !== undefined;
    const result: ToolResultPart = { type: 'tool-result', toolCallId, toolName, round: this.#round, index, ...outcome, isError };
    this.#results.push(result);
    this.#control.deliver(result);
  }
}
