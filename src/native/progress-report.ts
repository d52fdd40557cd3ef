import { AsyncLocalStorage } from 'node:async_hooks';
import type { LoadProgress } from '../spec/load-progress.ts';

/**
 * Passes a load's progress to the caller's callback, in the async context of the caller: the native side would call it
 * in the context of whatever made the process load the library.
 */
export class ProgressReport {
  #onProgress: ((progress: LoadProgress) => void) | undefined;
  #fail: (reason: unknown) => void = () => {};
  /** Rejects with what the callback throws; never resolves. */
  readonly failure: Promise<never>;

  constructor(onProgress: ((progress: LoadProgress) => void) | undefined) {
    const inContext = AsyncLocalStorage.snapshot();
    // Let go of by stop(), as the native side holds `report`, and with it the context, for as long as the model lives.
    this.#onProgress = onProgress && ((progress) => inContext(() => onProgress(progress)));
    this.failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failure.catch(() => {});
  }

  readonly report = (progressJson: string): void => {
    const onProgress = this.#onProgress;
    if (!onProgress) return;
    try {
      onProgress(JSON.parse(progressJson) as LoadProgress);
    } catch (error) {
      this.stop();
      this.#fail(error);
    }
  };

  /** Nothing is reported from now on. */
  stop(): void {
    this.#onProgress = undefined;
  }
}
