/** Holds up whoever reads for a stream, while that is paused. */
export class PauseGate {
  #paused = false;
  #unlocked = false;
  #goOn: (() => void) | undefined;

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#goOn?.();
  }

  /** The stream is over: nobody is held up any more. */
  unlock(): void {
    this.#unlocked = true;
    this.#goOn?.();
  }

  async untilResumed(): Promise<void> {
    while (this.#paused && !this.#unlocked) {
      await new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
    }
  }
}
