import type { TramontaneError } from '../spec/tramontane-error.ts';
import type { PartSource, StreamOrigin } from './part-source.ts';

/** The source of a stream that could not be made: its first read throws why. */
export class FailedSource implements PartSource {
  readonly origin: StreamOrigin = {};
  readonly cancelled = false;
  readonly queuePosition = null;
  readonly #error: TramontaneError;

  constructor(error: TramontaneError) {
    this.#error = error;
  }

  start(): void {
    throw this.#error;
  }

  cancel(): void {}

  pause(): void {}

  resume(): void {}

  hold(): void {}
}
