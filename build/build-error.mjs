/**
 * A failure of the build with a message made for the person who runs it: what is wrong, and the next step.
 * It is shown without a stack; any other error is a mistake in the scripts and is shown with one.
 */
export class BuildError extends Error {
  /**
   * @param {string} message What is wrong and what to do about it.
   * @param {ErrorOptions} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = 'BuildError';
  }
}
