import type { ChatMessage } from '../../index.ts';

/** What has been said: system instructions, if any, then turns of the user and the model. */
export class Conversation {
  #messages: ChatMessage[] = [];

  /** Oldest first. */
  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** The instructions; `''` for none. */
  get system(): string {
    const [first] = this.#messages;
    return first?.role === 'system' ? first.content : '';
  }

  set system(text: string) {
    const turns = this.#messages.filter(({ role }) => role !== 'system');
    this.#messages = text === '' ? turns : [{ role: 'system', content: text }, ...turns];
  }

  /** Everything said so far, in place of what was said here. */
  replace(messages: readonly ChatMessage[]): void {
    this.#messages = [...messages];
  }

  /** Forgets all turns; the instructions stay. */
  reset(): void {
    this.#messages = this.#messages.filter(({ role }) => role === 'system');
  }

  /** Takes back the last thing that the user has said, and all that followed. Gives it, or `undefined` for none. */
  undo(): string | undefined {
    const at = this.#messages.findLastIndex(({ role }) => role === 'user');
    const message = this.#messages[at];
    if (message?.role !== 'user') return undefined;
    this.#messages = this.#messages.slice(0, at);
    return message.content;
  }
}
