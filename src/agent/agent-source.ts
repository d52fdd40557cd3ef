import type { CheckedRun } from '../request/check-agent.ts';
import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { TramontaneError } from '../spec/tramontane-error.ts';
import type { Generation } from '../stream/generation.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import type { PartSink, PartSource, StreamOrigin } from '../stream/part-source.ts';
import { refuseRaisedSignal } from '../stream/refuse-raised-signal.ts';
import { AgentRun } from './agent-run.ts';
import type { RunControl } from './run-control.ts';

/**
 * One run of an agent, as the source of one stream. It goes on while its stream is read: the model's answers are read
 * when it is, and hold in their own buffers what comes meanwhile.
 */
export class AgentSource implements PartSource, RunControl {
  readonly #model: LanguageModel;
  readonly #run: CheckedRun;
  readonly #over = new AbortController();
  /** Weak, so that a stream nobody can read any more is collected, and cancelled by that. */
  #sink: WeakRef<PartSink> | undefined;
  #held: PartSink | undefined;
  #answer: Generation | undefined;
  #cancelled = false;
  #ended = false;
  #paused = false;
  #goOn: (() => void)[] = [];
  readonly #onAbort = () => this.cancel();

  constructor(model: LanguageModel, run: CheckedRun) {
    this.#model = model;
    this.#run = run;
  }

  get origin(): StreamOrigin {
    const { messages, options, definitions: tools, toolChoice, maxRounds } = this.#run;
    return { model: this.#model.info.model, request: { prompt: { messages }, ...options, tools, toolChoice, maxRounds } };
  }

  get cancelled(): boolean {
    return this.#cancelled || this.#run.abortSignal?.aborted === true;
  }

  get queuePosition(): number | null {
    return this.#answer?.queuePosition ?? null;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  start(sink: PartSink): void {
    const { abortSignal } = this.#run;
    refuseRaisedSignal(abortSignal);
    if (this.#cancelled) return;
    this.#sink = new WeakRef(sink);
    abandoned.register(sink, this, this);
    abortSignal?.addEventListener('abort', this.#onAbort, { once: true });
    void this.#go();
  }

  cancel(): void {
    if (this.#cancelled || this.#ended) return;
    this.#cancelled = true;
    if (!this.#sink) return;
    const { abortSignal } = this.#run;
    this.#over.abort(abortSignal?.aborted ? abortSignal.reason : new DOMException('the run was cancelled', 'AbortError'));
    this.#answer?.cancel();
    this.#wake();
  }

  pause(): void {
    this.#paused = true;
    this.#answer?.pause('caller');
  }

  resume(): void {
    this.#paused = false;
    this.#answer?.resume('caller');
    this.#wake();
  }

  hold(sink: PartSink | undefined): void {
    this.#held = this.#ended ? undefined : sink;
    if (this.#held) this.#wake();
  }

  deliver(part: AnyStreamPart): void {
    this.#sink?.deref()?.deliver(part);
  }

  async wanted(): Promise<void> {
    // Reading on is for when somebody awaits a part: a read that waits would keep the process alive.
    while (!this.#cancelled && (this.#paused || !this.#held)) await this.#woken();
  }

  async unpaused(): Promise<void> {
    while (!this.#cancelled && this.#paused) await this.#woken();
  }

  follow(answer: Generation): void {
    this.#answer = answer;
    if (this.#paused) answer.pause('caller');
    if (this.#cancelled) answer.cancel();
  }

  async #go(): Promise<void> {
    try {
      const last = await new AgentRun(this.#model, this.#run, this).go();
      this.#end()?.deliver(last);
    } catch (error) {
      this.#end()?.failWith(error as TramontaneError);
    }
  }

  /** Lets go of everything. @returns who is to be told */
  #end(): PartSink | undefined {
    const sink = this.#sink?.deref();
    this.#ended = true;
    this.#held = undefined;
    this.#answer?.leave();
    this.#run.abortSignal?.removeEventListener('abort', this.#onAbort);
    abandoned.unregister(this);
    return sink;
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => void this.#goOn.push(resolve));
  }

  #wake(): void {
    for (const goOn of this.#goOn.splice(0)) goOn();
  }
}

/** A stream that nobody can read any more is cancelled. */
const abandoned = new FinalizationRegistry<AgentSource>((source) => source.cancel());
