import { fromNativeResult } from '../native/from-native-result.ts';
import { loadBinding } from '../native/load-binding.ts';
import type { NativeModelFiles } from '../native/native-binding.ts';
import type { LoadProgress } from '../spec/load-progress.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { FileTask } from '../request/check-file-tasks.ts';

let nativeFiles: NativeModelFiles | undefined;
let tasksBegun = 0;
const reports = new Map<number, (progress: LoadProgress) => void>();

/**
 * Has the native library do `task`, and resolves once that is over: also when cancelled, so that nothing is written any
 * more.
 *
 * @param onProgress - What it throws cancels the task and is thrown.
 */
export async function runFileTask<Result>(
  { json, abortSignal }: FileTask,
  onProgress?: (progress: LoadProgress) => void,
): Promise<Result> {
  if (abortSignal?.aborted) throw aborted(abortSignal);
  const files = (nativeFiles ??= new (loadBinding().NativeModelFiles)(passOn));
  const taskId = tasksBegun;
  // Ids are of 32 bits.
  tasksBegun = (tasksBegun + 1) % 2 ** 32;
  let thrown: { readonly error: unknown } | undefined;
  if (onProgress) {
    reports.set(taskId, (progress) => {
      try {
        onProgress(progress);
      } catch (error) {
        thrown = { error };
        reports.delete(taskId);
        files.cancel(taskId);
      }
    });
  }
  const cancel = () => files.cancel(taskId);
  abortSignal?.addEventListener('abort', cancel, { once: true });
  try {
    return fromNativeResult<Result>(await files.run(taskId, json));
  } catch (cause) {
    if (thrown) throw thrown.error;
    if (!TramontaneError.isInstance(cause)) {
      throw new TramontaneError('engine-failed', 'the native library did not do what was asked of it', { cause });
    }
    throw cause.code === 'aborted' && abortSignal?.aborted ? aborted(abortSignal, cause.message) : cause;
  } finally {
    reports.delete(taskId);
    abortSignal?.removeEventListener('abort', cancel);
  }
}

function passOn(json: string): void {
  const { taskId, progress } = JSON.parse(json) as { readonly taskId: number; readonly progress: LoadProgress };
  reports.get(taskId)?.(progress);
}

function aborted(signal: AbortSignal, message = 'abortSignal was raised before it began'): TramontaneError {
  return new TramontaneError('aborted', message, { cause: signal.reason });
}
