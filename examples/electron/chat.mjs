/**
 * One chat with a model, wherever that is: keeps the conversation, and asks one question at a time.
 */
export class Chat {
  /** @type {import('tramontane').ChatMessage[]} */
  #messages = [];
  #model;
  /** @type {import('tramontane').GenerationStream | undefined} */
  #stream;

  /** @param {import('tramontane').LanguageModel} model */
  constructor(model) {
    this.#model = model;
  }

  /**
   * Asks, and shows the answer as it comes.
   *
   * @param {string} question
   * @param {(delta: string) => void} show
   * @returns {Promise<string>} why the answer ended
   */
  async ask(question, show) {
    this.stop();
    const messages = [...this.#messages, /** @type {const} */ ({ role: 'user', content: question })];
    const stream = this.#model.streamChat(messages, { maxOutputTokens: 400 });
    this.#stream = stream;
    for await (const delta of stream.textStream) show(delta);
    const { finishReason, message } = await stream.result();
    this.#messages = [...messages, message];
    return finishReason;
  }

  /** Ends the answer as it stands; the engine stops too. */
  stop() {
    this.#stream?.cancel();
  }
}
