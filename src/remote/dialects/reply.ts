import type { DialectName } from '../../spec/dialect-name.ts';
import type { Failure, FailurePart } from '../../spec/failure-part.ts';
import type { FinishReason } from '../../spec/finish-reason.ts';
import type { TokenLogProbabilities } from '../../spec/log-probabilities.ts';
import type { StreamPart } from '../../spec/stream-part.ts';
import { noTime } from '../../spec/timings.ts';
import { nothingUsed } from '../../spec/usage.ts';
import type { Usage } from '../../spec/usage.ts';
import { WholeCharacters } from '../../views/whole-characters.ts';
import { ReplyCalls, mostCalls } from './reply-calls.ts';

type Parts = readonly (StreamPart | FailurePart)[];

const none: Parts = [];

/**
 * One reply as it comes in: what a decoder reads goes in, parts come out. Text is cut at whole characters, and there is
 * exactly one last part, after which nothing counts any more.
 */
export class Reply {
  readonly calls = new ReplyCalls(
    (part) => this.#give(part),
    () =>
      this.fail({ code: 'remote-failed', message: `the server sent more than ${mostCalls} tool calls in one answer` }),
  );
  #parts: (StreamPart | FailurePart)[] = [];
  readonly #text = new WholeCharacters();
  readonly #reasoning = new WholeCharacters();
  #usage: Usage = nothingUsed;
  #reason: FinishReason | undefined;
  #begun = false;
  #over = false;

  /** Its last part has come. */
  get over(): boolean {
    return this.#over;
  }

  /** Whether a reason to end was told. */
  get reasonKnown(): boolean {
    return this.#reason !== undefined;
  }

  /** What has come since the last time. */
  take(): Parts {
    if (this.#parts.length === 0) return none;
    const parts = this.#parts;
    this.#parts = [];
    this.#begun = true;
    return parts;
  }

  text(piece: string): void {
    const delta = piece === '' ? '' : this.#text.take(piece);
    if (delta !== '') this.#give({ type: 'text-delta', delta: delta.toWellFormed() });
  }

  reasoning(piece: string): void {
    const delta = piece === '' ? '' : this.#reasoning.take(piece);
    if (delta !== '') this.#give({ type: 'reasoning-delta', delta: delta.toWellFormed() });
  }

  logProbabilities(tokens: readonly TokenLogProbabilities[]): void {
    if (tokens.length > 0) this.#give({ type: 'log-probabilities', tokens });
  }

  /** What is to come back with the message. */
  providerData(dialect: DialectName, data: unknown): void {
    this.#give({ type: 'provider-data', dialect, data });
  }

  /** Tokens counted so far; a later count replaces an earlier one, and what is not told stays. */
  count(counts: { inputTokens?: number | undefined; outputTokens?: number | undefined; cachedInputTokens?: number | undefined }): void {
    const inputTokens = counts.inputTokens ?? this.#usage.inputTokens;
    const outputTokens = counts.outputTokens ?? this.#usage.outputTokens;
    const cachedInputTokens = counts.cachedInputTokens ?? this.#usage.cachedInputTokens;
    this.#usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, cachedInputTokens };
  }

  /** Why the model ended. The last part waits, since counts may follow. */
  reason(reason: FinishReason): void {
    this.#reason ??= reason;
  }

  /** The protocol has said that nothing follows. */
  done(): void {
    if (this.#over) return;
    this.#rest();
    const finishReason = this.#closeCalls(this.#reason ?? 'stop');
    this.#over = true;
    this.#parts.push({ type: 'finish', finishReason, usage: this.#usage, timings: noTime });
  }

  /** Nothing more can come. */
  closed(): void {
    if (this.#reason !== undefined) this.done();
    else this.fail({ code: 'connection-lost', message: 'the connection ended before the answer was complete' });
  }

  fail(error: Failure): void {
    if (this.#over) return;
    this.#over = true;
    // Where nothing was begun there is nothing partial to tell of.
    const begun = this.#begun || this.#parts.length > 0;
    this.#parts.push({ type: 'error', error, ...(begun && { usage: this.#usage, timings: noTime }) });
  }

  /** What is left of the event that ended the reply is no part of it. */
  #give(part: StreamPart): void {
    if (!this.#over) this.#parts.push(part);
  }

  /** Halves of characters that never got their other half. */
  #rest(): void {
    const reasoning = this.#reasoning.rest();
    if (reasoning !== '') this.#give({ type: 'reasoning-delta', delta: reasoning.toWellFormed() });
    const text = this.#text.rest();
    if (text !== '') this.#give({ type: 'text-delta', delta: text.toWellFormed() });
  }

  /** What was cut short must not be run, even where it can be parsed. Servers say `stop` though there are calls. */
  #closeCalls(reason: FinishReason): FinishReason {
    if (reason !== 'stop' && reason !== 'tool-calls') {
      this.calls.finishWhole();
      return reason;
    }
    this.calls.finishAll();
    return this.calls.anyComplete ? 'tool-calls' : 'stop';
  }
}
