import type { ChatMessage, GenerationResult, LanguageModel, Model } from '../../index.ts';
import { CommandError } from '../command-error.ts';

/** What is measured, in the order of the report. */
export const measures = {
  firstTokenMs: { title: 'first token, short prompt', unit: 'ms' },
  longFirstTokenMs: { title: 'first token, long prompt', unit: 'ms' },
  prefillTokensPerSecond: { title: 'reading the long prompt', unit: 'tokens/s' },
  decodeTokensPerSecond: { title: 'writing', unit: 'tokens/s' },
  streamsTokensPerSecond: { title: 'streams at once, together', unit: 'tokens/s' },
  streamsFirstTokenMs: { title: 'streams at once, worst first token', unit: 'ms' },
} as const;
export type Measure = keyof typeof measures;

/** How much is asked of the model. */
export interface BenchPlan {
  readonly rounds: number;
  /** Tokens of the long prompt, about. */
  readonly promptTokens: number;
  /** Tokens of a reply. */
  readonly outputTokens: number;
  /** How many streams run at once. */
  readonly streams: number;
}

/** One round's figures; one that could not be told is left out. */
export type Figures = Partial<Record<Measure, number>>;

/** Its prompts differ from those of all other rounds in their first words, so that nothing is known from before. */
const sentence = 'The old captain counted the waves and wrote their number down before the lamp went out. ';
const request = 'Write a long story about a lighthouse keeper, a storm, and the ship that came too late.';

/**
 * Measures a model, round by round.
 *
 * @param onStep - Called before each step, with how many there were.
 * @throws {CommandError} Where the signal was raised; and what the model throws.
 */
export async function measureModel(
  { model, local }: { readonly model: LanguageModel; readonly local: Model | null },
  plan: BenchPlan,
  abortSignal: AbortSignal,
  onStep: (done: number, name: string) => void,
): Promise<Figures[]> {
  const run = async (prompt: string, maxOutputTokens: number): Promise<GenerationResult> => {
    const messages: ChatMessage[] = [{ role: 'user', content: prompt }];
    const result = await model.streamChat(messages, { temperature: 0, maxOutputTokens, abortSignal }).result();
    if (abortSignal.aborted) throw CommandError.interrupted();
    return result;
  };
  const { rounds, outputTokens, streams } = plan;
  const sentences = await sentencesFor(plan.promptTokens, local);
  let step = 0;
  const begin = (name: string) => onStep(step++, name);
  begin('warming up');
  await run('Say yes.', 4);
  const all: Figures[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    begin(`round ${round}: writing`);
    const short = await run(`Story ${round}. ${request}`, outputTokens);
    begin(`round ${round}: reading`);
    const long = await run(`Retell, for the ${round}. time: ${sentence.repeat(sentences)}`, 4);
    begin(`round ${round}: ${streams} streams at once`);
    const startMs = performance.now();
    const together = await Promise.all(
      Array.from({ length: streams }, (_, at) => run(`Tale ${at + 1} of round ${round}. ${request}`, outputTokens)),
    );
    const elapsedMs = performance.now() - startMs;
    all.push(figuresOf(short, long, together, elapsedMs));
  }
  return all;
}

/** How many steps `measureModel` reports. */
export function stepCount({ rounds }: BenchPlan): number {
  return 1 + 3 * rounds;
}

function figuresOf(short: GenerationResult, long: GenerationResult, together: readonly GenerationResult[], elapsedMs: number): Figures {
  const read = long.usage.inputTokens - long.usage.cachedInputTokens;
  const written = together.reduce((sum, { usage }) => sum + usage.outputTokens, 0);
  const figures: Record<Measure, number | null> = {
    firstTokenMs: short.timings.firstTokenMs,
    longFirstTokenMs: long.timings.firstTokenMs,
    // An engine elsewhere does not tell how long it has read.
    prefillTokensPerSecond: long.timings.prefillMs > 0 ? (read * 1000) / long.timings.prefillMs : null,
    decodeTokensPerSecond: short.timings.tokensPerSecond,
    streamsTokensPerSecond: written > 0 ? (written * 1000) / elapsedMs : null,
    streamsFirstTokenMs: Math.max(...together.map(({ timings }) => timings.firstTokenMs ?? 0)),
  };
  return Object.fromEntries(Object.entries(figures).filter(([, figure]) => figure !== null));
}

/** How many sentences have about so many tokens: counted where the model is here, guessed where it is not. */
async function sentencesFor(tokens: number, local: Model | null): Promise<number> {
  const guess = 17;
  const count = async (times: number) =>
    (await local?.countTokens({ messages: [{ role: 'user', content: sentence.repeat(times) }], contextOverflow: 'stop' }))?.inputTokens;
  const [one, eleven] = [await count(1), await count(11)];
  const each = one !== undefined && eleven !== undefined && eleven > one ? (eleven - one) / 10 : guess;
  return Math.max(1, Math.round(tokens / each));
}
