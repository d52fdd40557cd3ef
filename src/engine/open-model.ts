import { fromNativeLoad } from '../native/from-native-load.ts';
import type { NativeBinding, NativeModel } from '../native/native-binding.ts';
import { ProgressReport } from '../native/progress-report.ts';
import type { LoadProgress } from '../spec/load-progress.ts';
import type { ModelInfo } from '../spec/model-info.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { Doorbell } from './doorbell.ts';
import { guardExit } from './exit-guard.ts';
import { Model } from './model.ts';

type ModelBinding = Pick<NativeBinding, 'NativeModel'>;

/** A checked load. */
export interface Load {
  readonly json: string;
  readonly abortSignal: AbortSignal | undefined;
  readonly onProgress: ((progress: LoadProgress) => void) | undefined;
}

/**
 * Loads a model through `bindingOf()`, which is not called where the signal is already raised. Whatever ends the load
 * early also closes the native model, and is thrown without waiting for that.
 */
export async function openModel({ json, abortSignal, onProgress }: Load, bindingOf: () => ModelBinding): Promise<Model> {
  if (abortSignal?.aborted) throw abortedLoad(abortSignal);
  const binding = bindingOf();
  const doorbell = new Doorbell();
  const progress = new ProgressReport(onProgress);
  const native = construct(binding, json, doorbell, progress);
  const releaseExit = guardExit(native);
  const abort = abortOf(abortSignal);
  try {
    const info = await Promise.race([loadedInfo(native), abort.raised, progress.failure]);
    return Model.of(native, info, doorbell, releaseExit);
  } catch (error) {
    native.close().then(releaseExit, releaseExit);
    throw error;
  } finally {
    progress.stop();
    abort.unlisten();
  }
}

function construct(binding: ModelBinding, json: string, doorbell: Doorbell, progress: ProgressReport): NativeModel {
  try {
    return new binding.NativeModel(json, doorbell.ring, progress.report);
  } catch (cause) {
    throw new TramontaneError('engine-failed', 'the engine could not begin to load', { cause });
  }
}

async function loadedInfo(native: NativeModel): Promise<ModelInfo> {
  try {
    return fromNativeLoad(await native.loaded());
  } catch (cause) {
    if (TramontaneError.isInstance(cause)) throw cause;
    throw new TramontaneError('engine-failed', 'the engine did not say how the load ended', { cause });
  }
}

function abortOf(signal: AbortSignal | undefined): { raised: Promise<never>; unlisten: () => void } {
  let onAbort: (() => void) | undefined;
  const raised = new Promise<never>((_, reject) => {
    if (!signal) return;
    onAbort = () => reject(abortedLoad(signal));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  return { raised, unlisten: () => void (onAbort && signal?.removeEventListener('abort', onAbort)) };
}

function abortedLoad(signal: AbortSignal): TramontaneError {
  return new TramontaneError('aborted', 'the load was aborted by its abortSignal', { cause: signal.reason });
}
