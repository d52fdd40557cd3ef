import type { BufferBudget } from '../request/check-buffer.ts';
import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { TramontaneError } from '../spec/tramontane-error.ts';
import { Generation } from './generation.ts';
import { RelayBranch } from './relay-branch.ts';

/** Is shown every part of a stream on its way. Where it throws or rejects, the stream fails with that. */
export interface PartTap {
  /** Called before the stream begins. */
  open(): Promise<void>;
  note(part: AnyStreamPart): void;
  noteError(error: TramontaneError): void;
  /** All that was noted is to be kept when this resolves; nothing follows. The stream's last part waits for it. */
  close(): Promise<void>;
}

/**
 * Reads one generation and hands its parts to one or several branches, each a source of its own.
 *
 * It reads on while a branch is waited for, so the quickest one sets the pace, and the others keep what they have not
 * read: were a full one to hold the others back, reading one branch to its end and then the next would never end. With a
 * tap it reads as fast as parts come, and on to the last one also when all branches have left.
 */
export class Relay {
  readonly upstream: Generation;
  readonly #tap: PartTap | undefined;
  /** Those that have not left, by their number; weak, so that one nobody can read any more counts as left. */
  readonly #branches = new Map<number, WeakRef<RelayBranch>>();
  readonly #abandoned = new FinalizationRegistry<number>((number) => this.leave(number));
  readonly #awaited = new Set<RelayBranch>();
  /** Those that have not left and are paused, by their number. */
  readonly #paused = new Set<number>();
  #pulling = false;
  #ended = false;
  cancelled = false;

  private constructor(upstream: Generation, tap?: PartTap) {
    upstream.claim(() => true);
    this.upstream = upstream;
    this.#tap = tap;
  }

  /** Claims `upstream`, and gives `count` generations of its parts. */
  static branches(upstream: Generation, count: number): Generation[] {
    const relay = new Relay(upstream);
    return Array.from({ length: count }, (_, number) => relay.#branch(number));
  }

  /** Claims `upstream`, and gives a generation of its parts that shows each to `tap` first. */
  static tapped(upstream: Generation, tap: PartTap): Generation {
    return new Relay(upstream, tap).#branch(0);
  }

  begin(): void {
    if (this.#tap) void this.#pull();
  }

  await(branch: RelayBranch, awaited: boolean): void {
    if (!awaited) {
      this.#awaited.delete(branch);
      return;
    }
    this.#awaited.add(branch);
    void this.#pull();
  }

  /** A branch is to get nothing until it is resumed. Once all of them are, so is the generation. */
  setPaused(number: number, paused: boolean): void {
    if (!this.#branches.has(number)) return;
    if (paused) this.#paused.add(number);
    else this.#paused.delete(number);
    this.#updatePause();
    if (!paused) void this.#pull();
  }

  /** A branch has no interest any more. The last one to leave cancels the generation, and gets its finish part. */
  leave(number: number): 'alone' | 'others-stay' {
    const left = this.#branches.get(number);
    if (!left || this.#ended) return 'others-stay';
    const branch = left.deref();
    if (this.#branches.size > 1) {
      this.#branches.delete(number);
      this.#paused.delete(number);
      this.#updatePause();
      if (branch) this.#awaited.delete(branch);
      return 'others-stay';
    }
    if (!this.cancelled) {
      this.cancelled = true;
      this.upstream.cancel();
    }
    return 'alone';
  }

  #branch(number: number): Generation {
    const { budget, newFold } = this.upstream;
    // Branches never hold one another back, but one may fail by itself.
    const own: BufferBudget = budget.policy === 'error' ? budget : { ...budget, policy: 'buffer' };
    const branch = new RelayBranch(this, number, own);
    this.#branches.set(number, new WeakRef(branch));
    this.#abandoned.register(branch, number);
    return new Generation(branch, { budget: own, newFold });
  }

  #updatePause(): void {
    if (this.#paused.size === this.#branches.size) this.upstream.pause('branches');
    else this.upstream.resume('branches');
  }

  get #wanted(): boolean {
    if (this.#tap) return true;
    for (const branch of this.#awaited) if (!branch.paused) return true;
    return false;
  }

  async #pull(): Promise<void> {
    if (this.#pulling || this.#ended || !this.#wanted) return;
    this.#pulling = true;
    try {
      await this.#tap?.open();
      while (!this.#ended && this.#wanted) await this.#relayOne();
    } catch (error) {
      // Of the stream, or of the tap: then nobody reads the stream any more.
      this.#ended = true;
      this.upstream.leave();
      // The first error says more than a second one would.
      await this.#tap?.close().catch(() => {});
      for (const branch of this.#branches.values()) branch.deref()?.failWith(error as TramontaneError);
    }
    this.#pulling = false;
  }

  async #relayOne(): Promise<void> {
    const part = await this.#next();
    this.#tap?.note(part);
    if (part.type === 'finish') {
      await this.#tap?.close();
      this.#ended = true;
    }
    for (const branch of this.#branches.values()) branch.deref()?.deliver(part);
  }

  async #next(): Promise<AnyStreamPart> {
    try {
      const read = await this.upstream.next();
      if (!read.done) return read.value;
      // Whoever holds the stream itself has disposed of it.
      const { finishReason, usage, timings } = await this.upstream.result();
      return { type: 'finish', finishReason, usage, timings };
    } catch (error) {
      this.#tap?.noteError(error as TramontaneError);
      throw error;
    }
  }
}
