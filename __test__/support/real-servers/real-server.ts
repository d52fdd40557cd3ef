import type { ConnectOptions, ErrorCode } from '../../../src/index.ts';
import type { ServerProcess } from './server-process.ts';

/** A server that others, or we, have made; it runs the test model on this machine. */
export interface RealServer {
  readonly name: string;
  /** Absent where it is not installed. */
  readonly start?: (() => Promise<ServerProcess>) | undefined;
  readonly ways: readonly Way[];
}

/** The protocols that can be asked without streaming too. */
export type PlainProtocol = 'openai-chat' | 'openai-responses' | 'ollama';

/** One way to speak with it, and what there is by that way. What is absent, there is not. */
export interface Way {
  readonly name: string;
  readonly protocol: PlainProtocol;
  /** Behind the server's origin. */
  readonly path: string;
  readonly connection: Omit<ConnectOptions, 'baseUrl'>;
  /** What the server writes into its log when it stops working for somebody who has left. */
  readonly noticesLeaving?: RegExp;
  readonly has: {
    /** Text that is continued, besides conversations. */
    readonly prompts?: true;
    readonly seeds?: true;
    readonly stopSequences?: true;
    readonly usage?: true;
    /** `length` where an answer ends for it; the others say `stop` then too. */
    readonly lengths?: true;
    /** The same answer to a request, whether there are others or not. */
    readonly exactTogether?: true;
    readonly schemas?: true;
    /** Fields of the body that make the model call the tool, besides `toolChoice` where that can be asked for. */
    readonly tools?: { readonly toolChoice?: 'required' | 'named'; readonly providerOptions?: Record<string, unknown> };
    readonly keys?: true;
    /** By which model, where it is another, and how many numbers a vector has. */
    readonly embeddings?: { readonly model?: string; readonly width: number };
    readonly list?: true;
    /** What a model that it does not have gives; some answer with the one they have. */
    readonly unknownModel?: ErrorCode;
    readonly contextOverflow?: ErrorCode;
  };
}

/** The most tokens that a prompt and its answer may have together, where the server can be told. */
export const contextLength = 1024;
