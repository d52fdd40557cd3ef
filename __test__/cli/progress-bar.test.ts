import { describe, expect, it } from 'vitest';
import { ProgressBar, progressText } from '../../src/cli/terminal/progress-bar.ts';
import { formatBytes, formatClock, formatCount, formatDuration } from '../../src/cli/terminal/units.ts';
import { fakeTerminal } from '../support/cli/fake-terminal.ts';

const half = { label: 'downloading m.gguf', done: 50e6, total: 100e6, unit: 'bytes' } as const;

describe('the line of a progress bar', () => {
  it('has the share, the amounts, the rate and the remaining time', () => {
    expect(progressText(half, 10e3, 100)).toBe('downloading m.gguf  [##########..........]   50%  50.0 MB of 100.0 MB  10.0 MB/s  0:05 left');
  });

  it('leaves out what is not known', () => {
    expect(progressText(half, null, 100)).toBe('downloading m.gguf  [##########..........]   50%  50.0 MB of 100.0 MB');
    expect(progressText({ ...half, total: null }, null, 100)).toBe('downloading m.gguf  50.0 MB');
    expect(progressText({ ...half, done: 0, total: null }, null, 100)).toBe('downloading m.gguf');
  });
});

describe('the line of a progress bar that has little room', () => {
  it('does without the bar first, and then without the end of the label', () => {
    expect(progressText(half, 10e3, 79)).toBe('downloading m.gguf   50%  50.0 MB of 100.0 MB  10.0 MB/s  0:05 left');
    expect(progressText(half, 10e3, 60)).toBe('downloadin…   50%  50.0 MB of 100.0 MB  10.0 MB/s  0:05 left');
  });
});

describe('a progress bar', () => {
  it('is drawn in a terminal and taken away at the end', () => {
    const terminal = fakeTerminal({ isTTY: true });
    let now = 0;
    const bar = new ProgressBar(terminal.stderr, () => now);
    bar.update({ ...half, done: 0 });
    now = 1000;
    bar.update({ ...half, done: 10e6 });
    bar.stop();
    const lines = terminal.written.stderr.split('\r\u001b[2K');
    expect(lines[2]).toContain('10.0 MB/s  0:09 left');
    expect(lines.at(-1)).toBe('');
  });

  it('is no wider than the terminal, and not drawn more often than can be seen', () => {
    const terminal = fakeTerminal({ isTTY: true });
    const bar = new ProgressBar(terminal.stderr, () => 0);
    for (let done = 0; done < 1000; done += 1) bar.update({ label: 'a'.repeat(200), done, total: 1000, unit: 'bytes' });
    const lines = terminal.written.stderr.split('\r\u001b[2K').slice(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toHaveLength(79);
  });

  it('counts what was there before it began in no rate', () => {
    const terminal = fakeTerminal({ isTTY: true });
    let now = 0;
    const bar = new ProgressBar(terminal.stderr, () => now);
    bar.update({ ...half, done: 90e6 });
    now = 1000;
    bar.update({ ...half, done: 91e6 });
    expect(terminal.written.stderr).toContain('1.0 MB/s');
  });

  it('writes nothing where there is no terminal', () => {
    const terminal = fakeTerminal();
    const bar = new ProgressBar(terminal.stderr);
    bar.update(half);
    bar.stop();
    expect(terminal.written.stderr).toBe('');
  });
});

it('amounts are written as people read them', () => {
  expect([0, 999, 1500, 98.4e6, 1.07e9].map(formatBytes)).toEqual(['0 B', '999 B', '1.5 kB', '98.4 MB', '1.07 GB']);
  expect([950, 2048, 135e6, 7.24e9].map(formatCount)).toEqual(['950', '2,048', '135M', '7.2B']);
  expect([340, 2500, 65_000].map(formatDuration)).toEqual(['340 ms', '2.5 s', '1:05']);
  expect([7000, 7_380_000].map(formatClock)).toEqual(['0:07', '2:03:00']);
});
