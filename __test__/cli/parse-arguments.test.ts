import { describe, expect, it } from 'vitest';
import type { OptionSpecs } from '../../src/cli/arguments/option.ts';
import { parseArguments } from '../../src/cli/arguments/parse-arguments.ts';

const specs = {
  model: { kind: 'text', short: 'm', value: 'MODEL', help: 'which' },
  stop: { kind: 'texts', value: 'TEXT', help: 'where' },
  seed: { kind: 'integer', value: 'N', help: 'which' },
  temperature: { kind: 'number', short: 't', value: 'T', help: 'how' },
  memory: { kind: 'bytes', value: 'SIZE', help: 'how much' },
  idle: { kind: 'duration', value: 'TIME', help: 'how long' },
  device: { kind: 'choice', choices: ['cpu', 'cuda'], help: 'where' },
  json: { kind: 'flag', short: 'j', help: 'what' },
} as const satisfies OptionSpecs;
const parse = (...args: string[]) => parseArguments(args, specs);

describe('arguments', () => {
  it('are values by name, and the words beside them', () => {
    const { values, positionals } = parse('why', '--model=a', '-t', '0.5', '--json', '--stop', 'x', '--stop', 'y', 'not');
    expect(values).toMatchObject({ model: 'a', temperature: 0.5, json: true, stop: ['x', 'y'] });
    expect(positionals).toEqual(['why', 'not']);
  });

  it('that were not given are undefined, false or empty', () => {
    expect(parse().values).toEqual({
      model: undefined, stop: [], seed: undefined, temperature: undefined, memory: undefined, idle: undefined, device: undefined, json: false,
    });
  });

  it('behind -- are words', () => {
    expect(parse('--', '--json', '-t').positionals).toEqual(['--json', '-t']);
  });

  it('count as they were given last', () => {
    expect(parse('--seed', '1', '--seed', '2').values.seed).toBe(2);
  });

  it('may be negative numbers', () => {
    expect(parse('-t', '-1.5').values.temperature).toBe(-1.5);
  });

  it.each([
    ['0', 0],
    ['512', 512],
    ['512MiB', 512 * 2 ** 20],
    ['1.5GB', 1.5e9],
    ['2 gib', 2 ** 31],
  ])('of a size: %s', (text, bytes) => {
    expect(parse('--memory', text).values.memory).toBe(bytes);
  });

  it.each([
    ['0', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['10m', 600_000],
    ['1.5h', 5_400_000],
  ])('of a time: %s', (text, ms) => {
    expect(parse('--idle', text).values.idle).toBe(ms);
  });
});

describe('arguments that make no sense', () => {
  it.each([
    [['--modle', 'a'], 'unknown option --modle; did you mean --model?'],
    [['-x'], 'unknown option -x'],
    [['--model'], '--model needs a value'],
    [['--model', '--json'], '--model needs a value; write --model=--json where it is the value'],
    [['--model='], '--model takes a value that is not empty, not ""'],
    [['--json=yes'], '--json takes no value'],
    [['--seed', '1.5'], '--seed takes a whole number, not "1.5"'],
    [['-t', 'hot'], '-t takes a number, not "hot"'],
    [['--memory', '3 apples'], '--memory takes a size such as 512MiB, 2GB or 0, not "3 apples"'],
    [['--idle', '30'], '--idle takes a time such as 500ms, 30s, 10m or 0, not "30"'],
    [['--device', 'tpu'], '--device takes one of cpu, cuda, not "tpu"'],
    [['--__proto__', 'x'], 'unknown option --__proto__; did you mean --temperature?'],
  ])('%j', (args, message) => {
    expect(() => parse(...args)).toThrow(expect.objectContaining({ exitCode: 2, message }));
  });
});
