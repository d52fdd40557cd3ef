import type { NativeBinding, NativeModel } from '../native/native-binding.ts';
import { ProgressReport } from '../native/progress-report.ts';
import type { PreparedLoad } from '../request/prepare-load.ts';
import type { ModelInfo } from '../spec/model-info.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { abortedLoad, awaitLoad } from './await-load.ts';
import { Doorbell } from './doorbell.ts';
import { Model } from './model.ts';

type ModelBinding = Pick<NativeBinding, 'NativeModel'>;

/**
 * Loads a model through `bindingOf()`, which is not called where the signal is already raised. Whatever ends the load
 * early also closes the native model, and is thrown without waiting for that.
 */
export async function openModel(load: PreparedLoad, bindingOf: () => ModelBinding): Promise<Model> {
  const { json, abortSignal, onProgress } = load;
  if (abortSignal?.aborted) throw abortedLoad(abortSignal);
  const binding = bindingOf();
  const doorbell = new Doorbell();
  const progress = new ProgressReport(onProgress);
  const native = construct(binding, json, doorbell, progress);
  const { info, releaseExit } = await awaitLoad<ModelInfo>(native, abortSignal, progress);
  return Model.of(native, info, doorbell, releaseExit);
}

function construct(binding: ModelBinding, json: string, doorbell: Doorbell, progress: ProgressReport): NativeModel {
  try {
    return new binding.NativeModel(json, doorbell.ring, progress.report);
  } catch (cause) {
    throw new TramontaneError('engine-failed', 'the engine could not begin to load', { cause });
  }
}
