import type { ChatMessage } from './chat-message.ts';
import type { StandardSchema } from './standard-schema.ts';

/** What a tool is told besides its input. */
export interface ToolContext {
  /**
   * Raised when the run is cancelled and when the tool's time is up. Nobody waits for the tool any more then; pass it on
   * to whatever should stop.
   */
  readonly abortSignal: AbortSignal;
  /** The call's own name. */
  readonly toolCallId: string;
  /** The round it belongs to, from 0. */
  readonly round: number;
  /** The conversation so far; the last message is the model's, which asks for this call. Not to be changed. */
  readonly messages: readonly ChatMessage[];
}

/** What validating a tool's input comes to: what to execute it with, or what is wrong. */
export type CheckedToolInput<Input = unknown> = { readonly value: Input } | { readonly problem: string };

/** A tool of an agent; make one with {@link tool}. */
export interface AgentTool<Input = unknown> {
  readonly name: string;
  readonly description?: string | undefined;
  /** What its input looks like, as a JSON schema. */
  readonly inputSchema: object;
  readonly timeoutMs?: number | undefined;
  /** Checks what the model wrote. */
  validateInput(input: unknown): Promise<CheckedToolInput<Input>>;
  execute?(input: Input, context: ToolContext): unknown;
}

/** What a tool's input is, by its schema: what the schema gives, or `unknown` for a JSON schema. */
export type ToolInput<Schema> = Schema extends StandardSchema
  ? NonNullable<Schema['~standard']['types']>['output']
  : unknown;

/** A tool, as it is written down. */
export interface ToolSpec<Schema extends StandardSchema | object> {
  /** 1 to 64 letters, digits, underscores and hyphens; each tool of an agent has its own. */
  readonly name: string;
  /** What it is for and when to use it, for the model. */
  readonly description?: string | undefined;
  /**
   * What its input looks like: a schema of zod (from 4.2), arktype, or another library with Standard JSON Schema; of
   * valibot, wrapped by `toStandardJsonSchema` of `@valibot/to-json-schema`; or a JSON schema as a plain object. Usually
   * of type `object`.
   *
   * The input is validated by it before `execute`, which gets what the schema makes of it. What it refuses is answered by
   * an error that names the path, so that the model can try again. Of a plain JSON schema the keywords that say types,
   * properties, items, enumerations and ranges are checked, others are for the model only.
   */
  readonly inputSchema: Schema;
  /**
   * The JSON schema that the model is shown, where the library of `inputSchema` cannot tell it.
   *
   * @defaultValue what `inputSchema` says
   */
  readonly jsonSchema?: object | undefined;
  /**
   * How long it may take, in milliseconds. Then its signal is raised, nobody waits for it any more, and the model is told.
   * At most 2^31 - 1; 0 sets no limit.
   *
   * @defaultValue the agent's `toolTimeoutMs`
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Runs it. What it returns, or resolves to, goes back to the model: text as it is, any other value as JSON. What it
   * throws goes back too, by its message, as an error: the run goes on.
   *
   * An async generator shows its progress: what it yields becomes parts of phase `running`, and what it returns is the
   * result; the last value yielded, where that is `undefined`.
   *
   * Without it the run ends where the model calls the tool, and the call is left to the caller.
   */
  execute?(input: ToolInput<Schema>, context: ToolContext): unknown;
}
