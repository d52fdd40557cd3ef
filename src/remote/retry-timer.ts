/** The wait before a call is made again. It keeps the process alive while somebody awaits the answer. */
export class RetryTimer {
  #timer: NodeJS.Timeout | undefined;
  #end: (() => void) | undefined;

  async wait(delayMs: number, awaited: boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#end = resolve;
      this.#timer = setTimeout(resolve, delayMs);
      this.setAwaited(awaited);
    });
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  setAwaited(awaited: boolean): void {
    this.#timer?.[awaited ? 'ref' : 'unref']();
  }

  /** Ends the wait now. */
  stop(): void {
    this.#end?.();
  }
}
