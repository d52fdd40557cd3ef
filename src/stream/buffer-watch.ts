import type { BufferBudget } from '../request/check-buffer.ts';
import { nextTurn } from './next-turn.ts';
import type { PartBuffer } from './part-buffer.ts';

/** What a watch does to its stream. */
export interface BufferActions {
  /** Whether the budget holds at all at this moment. */
  isBounded(): boolean;
  pause(): void;
  resume(): void;
  fail(): void;
}

/** Watches that no more waits for a reader than its budget allows, and does what its policy says where more does. */
export class BufferWatch {
  readonly #buffer: PartBuffer;
  readonly #budget: BufferBudget;
  readonly #actions: BufferActions;
  #paused = false;
  #pauses = 0;
  #checks = false;

  constructor(buffer: PartBuffer, budget: BufferBudget, actions: BufferActions) {
    this.#buffer = buffer;
    this.#budget = budget;
    this.#actions = actions;
  }

  /** How often it has paused the stream. */
  get pauses(): number {
    return this.#pauses;
  }

  /** There may be more in the buffer. */
  grown(): void {
    if (this.#checks || this.#paused || this.#budget.policy === 'buffer' || !this.#buffer.isFull(this.#budget)) return;
    this.#checks = true;
    // Parts come in bursts. A reader that only did not get its turn in between is not slow, so it gets it first.
    nextTurn(() => {
      this.#checks = false;
      if (this.#actions.isBounded()) this.#check();
    });
  }

  /** There may be less in the buffer, or no bound any more. */
  shrunk(): void {
    if (!this.#paused || (this.#actions.isBounded() && !this.#buffer.isHalfEmpty(this.#budget))) return;
    this.#paused = false;
    this.#actions.resume();
  }

  #check(): void {
    if (this.#budget.policy === 'error') {
      if (this.#buffer.isOver(this.#budget)) this.#actions.fail();
    } else if (this.#buffer.isFull(this.#budget)) {
      this.#paused = true;
      this.#pauses += 1;
      this.#actions.pause();
    }
  }
}
