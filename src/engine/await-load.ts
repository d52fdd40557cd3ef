import { fromNativeLoad } from '../native/from-native-load.ts';
import type { ProgressReport } from '../native/progress-report.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { abortOf } from './abort-of.ts';
import { guardExit } from './exit-guard.ts';

/** A model of the native library, whatever it is for, while it loads. */
interface LoadingModel {
  loaded(): Promise<string>;
  close(): Promise<void>;
  shutdown(waitMs: number): void;
}

/** What a load gives: what is to be known of the model, and what to call once it is closed. */
interface Loaded<Info> {
  readonly info: Info;
  readonly releaseExit: () => void;
}

/**
 * Waits until `native` is loaded. Whatever ends the load early also closes it, and is thrown without waiting for that.
 */
export async function awaitLoad<Info>(
  native: LoadingModel,
  abortSignal: AbortSignal | undefined,
  progress: ProgressReport,
): Promise<Loaded<Info>> {
  const releaseExit = guardExit(native);
  const abort = abortOf(abortSignal, abortedLoad);
  try {
    const info = await Promise.race([loadedInfo<Info>(native), abort.raised, progress.failure]);
    return { info, releaseExit };
  } catch (error) {
    native.close().then(releaseExit, releaseExit);
    throw error;
  } finally {
    progress.stop();
    abort.unlisten();
  }
}

async function loadedInfo<Info>(native: LoadingModel): Promise<Info> {
  try {
    return fromNativeLoad<Info>(await native.loaded());
  } catch (cause) {
    if (TramontaneError.isInstance(cause)) throw cause;
    throw new TramontaneError('engine-failed', 'the engine did not say how the load ended', { cause });
  }
}

/** The error of a load whose signal was raised. */
export function abortedLoad(signal: AbortSignal): TramontaneError {
  return new TramontaneError('aborted', 'the load was aborted by its abortSignal', { cause: signal.reason });
}
