import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { BufferHighWater } from '../spec/buffering.ts';
import type { GenerationResult } from '../spec/generation-result.ts';
import type { FinishPart } from '../spec/stream-part.ts';
import type { PartialGeneration } from '../spec/tramontane-error.ts';
import { ReplyFold } from './reply-fold.ts';
import { RunFold } from './run-fold.ts';
import type { StreamFold } from './stream-fold.ts';

/** Puts together what only its parts tell to be a model's reply or an agent's run. */
export class RecordedFold implements StreamFold {
  readonly answersCalls = false;
  readonly #reply = new ReplyFold();
  readonly #run = new RunFold();
  #isRun = false;

  add(part: AnyStreamPart): void {
    this.#isRun ||= part.type === 'tool-progress' || part.type === 'tool-result' || part.type === 'round-finish';
    this.#reply.add(part);
    this.#run.add(part);
  }

  end(finish: FinishPart): FinishPart {
    this.#isRun ||= 'endedBy' in finish;
    return this.#fold.end(finish);
  }

  result(bufferHighWater: BufferHighWater): GenerationResult {
    return this.#fold.result(bufferHighWater);
  }

  partial(): Omit<PartialGeneration, 'usage' | 'timings'> {
    return this.#fold.partial();
  }

  get #fold(): StreamFold {
    return this.#isRun ? this.#run : this.#reply;
  }
}
