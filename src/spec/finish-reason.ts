/**
 * Why a generation ended.
 *
 * - `stop`: the model ended its answer, or wrote one of the `stopSequences`.
 * - `length`: `maxOutputTokens` or the context's end was reached.
 * - `tool-calls`: the model asks for tools to be run.
 * - `aborted`: it was cancelled: by `cancel()`, `abortSignal`, leaving the loop, or closing the model.
 * - `error`: the model's answer could not be completed, though the engine goes on.
 */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'aborted' | 'error';
