/**
 * The function a native model calls when it has something to drain. The native side holds it for as long as the model
 * lives, so it must not hold the model in turn: it knows its listener only weakly.
 */
export class Doorbell {
  #listener: WeakRef<{ drain(): void }> | undefined;

  readonly ring = (): void => this.#listener?.deref()?.drain();

  answerWith(listener: { drain(): void }): void {
    this.#listener = new WeakRef(listener);
  }
}
