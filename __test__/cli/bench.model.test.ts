import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli/run-cli.ts';
import { keys, typeAtCli } from '../support/cli/type-at-cli.ts';
import { testModel } from '../support/test-model.ts';

const quick = ['bench', testModel(), '--rounds', '2', '--tokens', '8', '--prompt-tokens', '64', '--streams', '2'];

describe('tramontane bench', () => {
  it('gives the median and the spread of every figure', async () => {
    const { code, stdout, stderr } = await runCli([...quick, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { figures } = JSON.parse(stdout) as { figures: Record<string, { median: number; least: number; most: number; rounds: number[] }> };
    expect(Object.keys(figures)).toHaveLength(6);
    for (const { median, least, most, rounds } of Object.values(figures)) {
      expect(rounds).toHaveLength(2);
      expect(least).toBeGreaterThan(0);
      expect(median).toBeGreaterThanOrEqual(least);
      expect(median).toBeLessThanOrEqual(most);
    }
  });

  it('shows them as a table', async () => {
    const { stdout } = await runCli(quick);
    expect(stdout).toContain('135M parameters, Q4_1');
    expect(stdout).toMatch(/\nwriting +[\d.]+ {2}tokens\/s {2}[\d.]+ to [\d.]+\n/);
  });

  it('stops at Ctrl-C', async () => {
    const end = await typeAtCli(['bench', testModel(), '--rounds', '50'], [['round 1: writing', keys.ctrlC]]);
    expect(end).toMatchObject({ code: 130, missed: null });
    expect(end.output).not.toContain('median');
  });

  it('needs counts that make sense', async () => {
    const end = await runCli(['bench', 'x.gguf', '--rounds', '0']);
    expect(end).toMatchObject({ code: 2, stderr: 'tramontane: --rounds must be at least 1, not 0\n' });
  });
});
