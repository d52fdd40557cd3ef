import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { BufferHighWater } from '../spec/buffering.ts';
import type { GenerationResult } from '../spec/generation-result.ts';
import type { FinishPart, StreamPart } from '../spec/stream-part.ts';
import type { PartialGeneration } from '../spec/tramontane-error.ts';
import { MessageFold } from './message-fold.ts';
import { resultOf } from './result-of.ts';
import type { StreamFold } from './stream-fold.ts';

/** Puts one reply of a model together. */
export class ReplyFold implements StreamFold {
  readonly answersCalls = false;
  readonly #message = new MessageFold();

  add(part: AnyStreamPart): void {
    this.#message.add(part as StreamPart);
  }

  end(finish: FinishPart): FinishPart {
    this.#message.add(finish);
    return finish;
  }

  result(bufferHighWater: BufferHighWater): GenerationResult {
    return resultOf(this.#message, this.#message.finish as FinishPart, bufferHighWater);
  }

  partial(): Omit<PartialGeneration, 'usage' | 'timings'> {
    const { text, reasoning, toolCalls } = this.#message;
    return { text, reasoning, toolCalls };
  }
}
