import type { ToolCall } from './assistant-message.ts';
import type { ChatMessage } from './chat-message.ts';
import type { ErrorCode } from './error-code.ts';
import type { Timings } from './timings.ts';
import type { Usage } from './usage.ts';

/** What a generation had produced when it failed; of an agent's run, what its last round had. */
export interface PartialGeneration {
  /** Every delta delivered before the failure, joined. */
  readonly text: string;
  /** What the model had thought, joined; `''` where it had not. */
  readonly reasoning: string;
  /** The tool calls that were complete. */
  readonly toolCalls: readonly ToolCall[];
  /**
   * Tokens read and written until the failure. All zero where the engine was not there to count them: after a timeout,
   * and with code `buffer-full`.
   */
  readonly usage: Usage;
  /** Where the time went until the failure. All zero where the engine was not there to tell. */
  readonly timings: Timings;
  /** Of an agent's run: what it had added to the conversation, ready to be appended to the history. */
  readonly messages?: readonly ChatMessage[];
}

/** What a {@link TramontaneError} carries besides its code and message. */
export interface TramontaneErrorDetails {
  /** The option or request field at fault. */
  readonly field?: string | undefined;
  /** The file at fault. */
  readonly file?: string | undefined;
  /** How long to wait before trying again. */
  readonly retryAfterMs?: number | undefined;
  /** What was generated before the failure. */
  readonly partial?: PartialGeneration | undefined;
  /** The error or abort reason behind this one. */
  readonly cause?: unknown;
}

/** Registered globally, so that errors of a second copy of this package are recognised too. */
const marker = Symbol.for('tramontane.error');

/**
 * The one error class of this package. Branch on `code`; show `message`, which names what is at fault and the next step.
 *
 * @example
 * try {
 *   for await (const delta of model.streamPrompt(question).textStream) process.stdout.write(delta);
 * } catch (error) {
 *   if (TramontaneError.isInstance(error) && error.code === 'context-overflow') askForAShorterQuestion();
 *   else throw error;
 * }
 */
export class TramontaneError extends Error {
  // `declare` keeps the optional ones from being made as properties that are undefined.

  /** The stable word to branch on. */
  readonly code: ErrorCode;
  /** The option or request field at fault, as a path: `maxOutputTokens`, `messages[2].role`. */
  declare readonly field?: string;
  /** The file at fault, as an absolute path or a name within the model's repository. */
  declare readonly file?: string;
  /** How long to wait before trying again, in milliseconds: an estimate, with code `queue-full`, where there is one. */
  declare readonly retryAfterMs?: number;
  /** What was generated before the failure. Present when a stream fails after it started. */
  declare readonly partial?: PartialGeneration;

  constructor(code: ErrorCode, message: string, details: TramontaneErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.field !== undefined) this.field = details.field;
    if (details.file !== undefined) this.file = details.file;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
    if (details.partial !== undefined) this.partial = details.partial;
    Object.defineProperty(this, marker, { value: true });
  }

  /**
   * Whether `value` is a `TramontaneError`. Unlike `instanceof` it also holds for an error of another copy of this
   * package, as two dependencies of one program may bring.
   */
  static isInstance(value: unknown): value is TramontaneError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[marker] === true;
  }
}

// On the prototype, as the built-in errors have it, so that it is not listed among an error's own properties.
Object.defineProperty(TramontaneError.prototype, 'name', {
  value: 'TramontaneError',
  configurable: true,
  writable: true,
});
