import { checkInteger, checkOptions, guardCheck, largestCount, wrongValue } from '../request/check-value.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import type { PortLike } from './port-like.ts';
import { PortService } from './port-service.ts';

/** How a model is served over a port. */
export interface ServeModelOptions {
  /**
   * The most streams that may run at once for this port, an integer of at least 1. Reading one more throws code
   * `queue-full` on the other side. Each may have 256 parts and 256 KiB of text on its way, and as much again unread.
   *
   * @defaultValue 64
   */
  readonly maxStreams?: number | undefined;
}

const modelMethods = ['streamCompletion', 'metrics'] as const satisfies readonly (keyof LanguageModel)[];

/**
 * Serves a model to whoever calls {@link connectPort} at the other end of `port`: a window of Electron, another thread,
 * another process. Call it once for each port; a model may have any number, and none of them has to do with another.
 *
 * The other side is not trusted: what it asks for is checked here as any request is, its streams are bounded, and what
 * makes no sense is left aside. Where it goes away, because a window was closed or a worker ended, its streams are
 * cancelled at once. Messages that are not ours are left to other listeners of the port.
 *
 * @param port - Taken over: {@link PortService.close} closes it, where it is no worker and no process.
 * @param model - Any model, or the promise of one: the other side then waits until it is loaded, and gets the error of a
 *   load that fails. It is not closed here.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 * @example In a worker thread
 * import { parentPort } from 'node:worker_threads';
 * serveModel(parentPort, loadModel('./model.gguf'));
 */
export function serveModel(
  port: PortLike,
  model: LanguageModel | PromiseLike<LanguageModel>,
  options?: ServeModelOptions,
): PortService {
  const maxStreams = guardCheck('options', () => {
    const checked = checkOptions(options, 'options', ['maxStreams']);
    if (!isModel(model) && typeof (model as Partial<PromiseLike<unknown>> | null | undefined)?.then !== 'function') {
      throw wrongValue('model', 'a model, or the promise of one', model);
    }
    return checkInteger(checked['maxStreams'], 'maxStreams', { min: 1, max: largestCount }) ?? 64;
  });
  const loaded = Promise.resolve(model).then((value) => {
    if (isModel(value)) return value;
    throw wrongValue('model', 'the promise of a model', value);
  });
  return PortService.of(port, loaded, maxStreams);
}

function isModel(value: unknown): value is LanguageModel {
  const model = value as Partial<LanguageModel> | null | undefined;
  return modelMethods.every((name) => typeof model?.[name] === 'function') && typeof model?.info?.model === 'string';
}
