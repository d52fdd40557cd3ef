import { printStream } from '../../index.ts';
import type { GenerationResult, GenerationStream } from '../../index.ts';
import type { Paint } from '../terminal/paint.ts';
import type { TerminalOutput } from '../terminal/terminal.ts';
import { harmlessText } from '../terminal/harmless-text.ts';
import { mappedStream } from './mapped-stream.ts';

/** How a reply is printed. */
export interface PrintReplyOptions {
  readonly output: TerminalOutput;
  readonly paint: Paint;
  /** Whether to show what the model thinks, dimmed. */
  readonly reasoning: boolean;
}

/**
 * Prints a reply as it comes. Where `output` is a terminal, nothing that the model writes can steer it. A reader that
 * goes away cancels the reply.
 */
export async function printReply(stream: GenerationStream, { output, paint, reasoning }: PrintReplyOptions): Promise<GenerationResult> {
  const shown = output.isTTY ? harmlessText : (text: string) => text;
  const painted = mappedStream(stream, (part) => {
    if (part.type === 'text-delta') return { ...part, delta: shown(part.delta) };
    if (part.type === 'reasoning-delta') return { ...part, delta: paint('dim', shown(part.delta)) };
    return part;
  });
  return printStream(painted, output, { reasoning });
}

/** Prints each part as a line of JSON, as it comes. */
export async function printParts(stream: GenerationStream, output: TerminalOutput): Promise<GenerationResult> {
  const lines = mappedStream(stream, (part) => ({ type: 'text-delta', delta: `${JSON.stringify(part)}\n` }));
  return printStream(lines, output);
}
