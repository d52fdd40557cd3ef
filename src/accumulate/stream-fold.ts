import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { BufferHighWater } from '../spec/buffering.ts';
import type { GenerationResult } from '../spec/generation-result.ts';
import type { FinishPart } from '../spec/stream-part.ts';
import type { PartialGeneration } from '../spec/tramontane-error.ts';

/** Puts together what a stream comes to, from its parts alone. */
export interface StreamFold {
  /** Whether the stream answers its own tool calls, so that they are none of its reader's business. */
  readonly answersCalls: boolean;
  /** Takes in any part but the last one. */
  add(part: AnyStreamPart): void;
  /** Takes in the last part, and gives it as readers get it. */
  end(finish: FinishPart): FinishPart;
  /** What the stream came to, once it has ended. */
  result(bufferHighWater: BufferHighWater): GenerationResult;
  /** What there is so far, for an error. Usage and times are added by who knows them. */
  partial(): Omit<PartialGeneration, 'usage' | 'timings'>;
}
