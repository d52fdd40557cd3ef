/**
 * What went wrong, as a stable word to branch on. Messages may change between versions, codes do not.
 *
 * - `invalid-argument`: a value you passed cannot be used; `error.field` names it.
 * - `model-not-found`: no such file, folder or hub repository, or no model in it.
 * - `invalid-model`: the model's files are damaged or contradict each other; `error.file` names the one at fault.
 * - `unsupported-model`: the files are sound, but the engine does not know the architecture or quantisation.
 * - `unsupported-device`: the device does not exist here, or this build cannot use it.
 * - `download-failed`: the hub could not be reached, refused, or sent something else than was asked for.
 * - `model-busy`: the model is being downloaded at this moment, so it is not removed; try again when that is over.
 * - `cache-failed`: a file of the cache could not be deleted; `error.file` names it.
 * - `no-chat-template`: messages were passed to a model that has no chat template.
 * - `context-overflow`: the prompt does not fit the context.
 * - `queue-full`: as many streams wait already as the model's `maxQueue` allows; `error.retryAfterMs` says when to come back.
 * - `deadline-exceeded`: the stream was not taken up within its `deadlineMs`.
 * - `aborted`: the `abortSignal` was raised before there was anything to keep; `error.cause` is its reason.
 * - `closed`: the model was closed.
 * - `engine-failed`: the engine failed while loading or generating.
 * - `native-unavailable`: there is no native library for this machine, or it could not be loaded.
 * - `first-token-timeout`: nothing was generated within `firstTokenTimeoutMs`.
 * - `idle-timeout`: nothing followed the last part within `idleTimeoutMs`.
 * - `buffer-full`: the reader was too slow for the stream's budget, and its `bufferPolicy` is `error`.
 * - `connection-failed`: a remote engine could not be reached, or sent nothing before the connection ended.
 * - `connection-lost`: the connection to a remote engine broke off in the middle of an answer.
 * - `unauthorized`: a remote engine refused the key, or there is none.
 * - `rate-limited`: a remote engine takes no more requests for now; `error.retryAfterMs` says when to come back, where it
 *   told.
 * - `remote-failed`: a remote engine failed, or what it sent could not be read.
 * - `callback-failed`: a function that you passed threw, or gave something that cannot be used; `error.field` names it,
 *   and `error.cause` is what it threw.
 * - `stream-gone`: events of a resumable stream were asked for that are not kept any more.
 *
 * From `first-token-timeout` on they are found out in JavaScript: the engine's own list of codes does not have them.
 */
export type ErrorCode =
  | 'invalid-argument'
  | 'model-not-found'
  | 'invalid-model'
  | 'unsupported-model'
  | 'unsupported-device'
  | 'download-failed'
  | 'model-busy'
  | 'cache-failed'
  | 'no-chat-template'
  | 'context-overflow'
  | 'queue-full'
  | 'deadline-exceeded'
  | 'aborted'
  | 'closed'
  | 'engine-failed'
  | 'native-unavailable'
  | 'first-token-timeout'
  | 'idle-timeout'
  | 'buffer-full'
  | 'connection-failed'
  | 'connection-lost'
  | 'unauthorized'
  | 'rate-limited'
  | 'remote-failed'
  | 'callback-failed'
  | 'stream-gone';

const errorCodes: Readonly<Record<ErrorCode, true>> = {
  'invalid-argument': true,
  'model-not-found': true,
  'invalid-model': true,
  'unsupported-model': true,
  'unsupported-device': true,
  'download-failed': true,
  'model-busy': true,
  'cache-failed': true,
  'no-chat-template': true,
  'context-overflow': true,
  'queue-full': true,
  'deadline-exceeded': true,
  aborted: true,
  closed: true,
  'engine-failed': true,
  'native-unavailable': true,
  'first-token-timeout': true,
  'idle-timeout': true,
  'buffer-full': true,
  'connection-failed': true,
  'connection-lost': true,
  unauthorized: true,
  'rate-limited': true,
  'remote-failed': true,
  'callback-failed': true,
  'stream-gone': true,
};

/** Whether this version knows `code`. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
