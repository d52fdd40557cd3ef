import { availableParallelism, cpus } from 'node:os';
import { benchTable } from '../bench/bench-table.ts';
import { measureModel, measures, stepCount } from '../bench/measure-model.ts';
import type { BenchPlan, Figures, Measure } from '../bench/measure-model.ts';
import { spreadOf } from '../bench/spread.ts';
import type { Spread } from '../bench/spread.ts';
import { CommandError, exitCodes } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { modelOptions } from '../model/model-options.ts';
import { openModel, shortName } from '../model/open-model.ts';
import type { OpenedModel } from '../model/open-model.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { formatBytes, formatCount } from '../terminal/units.ts';
import { untilInterrupted } from '../terminal/until-interrupted.ts';

const options = {
  rounds: { kind: 'integer', value: 'N', help: 'how often each figure is taken', default: '3' },
  'prompt-tokens': { kind: 'integer', value: 'N', help: 'tokens of the long prompt, about', default: '512' },
  tokens: { kind: 'integer', value: 'N', help: 'tokens of a reply', default: '64' },
  streams: { kind: 'integer', value: 'N', help: 'how many streams run at once', default: '4' },
  json: { kind: 'flag', help: 'the figures as one JSON object, with those of each round' },
  ...modelOptions,
} as const;

/** `tramontane bench`: how fast a model is here. */
export const bench = defineCommand({
  summary: 'Measure how fast a model is on this machine',
  usage: ['[OPTIONS] [MODEL]'],
  about:
    'Loads the model and takes, round by round: how fast it writes, how fast it reads a long prompt, how soon the first token comes, and what several streams at once get together. Figures of one machine under the same load can be compared, others not.',
  examples: [
    { line: 'tramontane bench ./model.gguf', does: 'how fast a model in a file is' },
    { line: 'tramontane bench org/name --isq 4 --streams 8 --json > figures.json', does: 'quantised while loading, with eight streams, for a program to read' },
  ],
  positionals: { min: 0, max: 1 },
  options,
  async run({ values, positionals: [named], terminal, paint }) {
    const plan: BenchPlan = {
      rounds: counted('rounds', values.rounds ?? 3),
      promptTokens: counted('prompt-tokens', values['prompt-tokens'] ?? 512),
      outputTokens: counted('tokens', values.tokens ?? 64),
      streams: counted('streams', values.streams ?? 4),
    };
    const startMs = performance.now();
    const opened = await openModel(values, terminal, named);
    const loadMs = performance.now() - startMs;
    const bar = new ProgressBar(terminal.stderr);
    try {
      const total = stepCount(plan);
      const rounds = await untilInterrupted(terminal, (abortSignal) =>
        measureModel(opened, plan, abortSignal, (done, label) => bar.update({ label, done, total, unit: 'steps' })),
      );
      bar.stop();
      const spreads = spreadsOf(rounds);
      const { model, local } = opened;
      const about = { model: model.info.model, plan, machine: machine(), ...(local ? { loadMs, info: { ...local.info, chatTemplate: undefined } } : {}) };
      if (values.json) terminal.stdout.write(`${JSON.stringify({ ...about, figures: spreads })}\n`);
      else terminal.stdout.write(`${heading(opened, plan, loadMs)}\n\n${benchTable(spreads, paint.stdout)}\n`);
      return exitCodes.done;
    } finally {
      bar.stop();
      await opened.model.close();
    }
  },
});

function counted(name: string, value: number): number {
  if (value >= 1) return value;
  throw CommandError.usage(`--${name} must be at least 1, not ${value}`);
}

function spreadsOf(rounds: readonly Figures[]): Partial<Record<Measure, Spread>> {
  const entries = (Object.keys(measures) as Measure[]).flatMap((measure) => {
    const figures = rounds.map((round) => round[measure]).filter((figure) => figure !== undefined);
    return figures.length === 0 ? [] : [[measure, spreadOf(figures)] as const];
  });
  return Object.fromEntries(entries);
}

function machine(): { readonly processor: string; readonly cores: number; readonly platform: string; readonly node: string } {
  const { platform, arch, version } = process;
  return { processor: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), platform: `${platform}-${arch}`, node: version };
}

function heading({ model, local }: OpenedModel, { rounds, promptTokens, outputTokens, streams }: BenchPlan, loadMs: number): string {
  const { processor, cores, platform } = machine();
  const lines = [shortName(model.info.model)];
  if (local) {
    const { architecture, parameterCount, quantization, device, threads, memoryBytes } = local.info;
    lines.push(
      `${architecture}, ${formatCount(parameterCount)} parameters, ${quantization}, on ${device} with ${threads} threads`,
      `loaded in ${(loadMs / 1000).toFixed(2)} s, ${formatBytes(memoryBytes)} of memory`,
      `${processor}, ${cores} cores, ${platform}`,
    );
  }
  lines.push(`${rounds} rounds; long prompt of about ${promptTokens} tokens, replies of ${outputTokens}, ${streams} streams at once`);
  return lines.join('\n');
}
