import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli/run-cli.ts';
import { keys, typeAtCli } from '../support/cli/type-at-cli.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModel } from '../support/test-model.ts';

const model = testModel();
const brief = ['chat', model, '--temperature', '0', '-n', '6'];
/** Long enough for a person to stop it. */
const long = ['chat', model, '--no-history', '--temperature', '0', '-n', '4000', '--system', 'Go on for ever.', '--repetition-penalty', '1.2'];
const story = 'Write a very long story of many chapters about the sea';

describe('tramontane chat with pipes', () => {
  const folder = scratchFolder();

  it('answers line by line, and knows what was said before', async () => {
    const file = join(folder, 'chat.json');
    const end = await runCli(brief, { stdin: `My name is Bob.\nWhat is\\\nmy name?\n/save ${file}\n` });
    expect(end.code).toBe(0);
    expect(end.stdout.trimEnd().split('\n').length).toBeGreaterThanOrEqual(2);
    const { messages } = JSON.parse(readFileSync(file, 'utf8')) as { messages: { role: string; content: string }[] };
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(messages[2]?.content).toBe('What is\nmy name?');
    expect(end.stdout).toBe(`${messages[1]?.content}\n${messages[3]?.content}\n`);
  });

  it('answers a message whose last line is missing', async () => {
    const end = await runCli(brief, { stdin: '"""\nHello,\nhow are you?' });
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(end.stdout.trim()).not.toBe('');
  });

  it('goes on after what fails, and says so by its exit code', async () => {
    const end = await runCli(brief, { stdin: '/frobnicate\nHello\n' });
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('there is no /frobnicate');
    expect(end.stdout.trim()).not.toBe('');
  });

  it('leaves out the oldest turns where the context is too short for all', async () => {
    const stdin = Array.from({ length: 6 }, (_, at) => `Say number ${at} ${'and again '.repeat(12)}\n`).join('');
    const end = await runCli([...brief, '--context-length', '160'], { stdin });
    expect(end.code).toBe(0);
    expect(end.stderr).toContain('messages are left out');
  });

  it('ends cleanly where its reader goes away', async () => {
    const end = await runCli(['chat', model, '--temperature', '0', '-n', '200'], {
      stdin: `${story}\n`.repeat(3),
      onOutput: (_, child) => child.closeStdout(),
    });
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
  });
});

describe('tramontane chat in a terminal', () => {
  const folder = scratchFolder();
  const env = { XDG_STATE_HOME: folder };

  it('stops a reply by Ctrl-C, and goes on with the next message', async () => {
    const end = await typeAtCli(
      long,
      [
        ['> ', `${story}${keys.enter}`],
        // The line is echoed as it is typed; a comma comes with the reply.
        [', ', keys.ctrlC],
        ['aborted]', `/set max-tokens 3${keys.enter}`],
        ['max-tokens 3', `Hello again${keys.enter}`],
        ['length]', ''],
        // An end of input is no text that would wait in the terminal: it counts at the prompt only.
        ['> ', keys.ctrlD],
      ],
      env,
    );
    expect(end).toMatchObject({ missed: null, code: 0 });
  });

  it('leaves by Ctrl-C twice at the prompt, but not by one', async () => {
    const end = await typeAtCli(
      long,
      [
        ['> ', keys.ctrlC],
        ['Ctrl-C again', `/set${keys.enter}`],
        ['max-tokens 4000', 'half a line'],
        ['half a line', keys.ctrlC],
        ['> ', keys.ctrlC],
        ['Ctrl-C again', keys.ctrlC],
      ],
      env,
    );
    expect(end).toMatchObject({ missed: null, code: 130 });
  });

  it('has colours and figures, which pipes have not', async () => {
    const end = await typeAtCli([...brief, '--no-history'], [['> ', `Hi${keys.enter}`], ['length]', `/exit${keys.enter}`]], env);
    expect(end).toMatchObject({ missed: null, code: 0 });
    expect(end.output).toContain('\u001b[36m> \u001b[39m');
    expect(end.output).toContain('\u001b[2m[6 tokens, ');
    const plain = await typeAtCli([...brief, '--no-history', '--no-color'], [['> ', `/exit${keys.enter}`]], env);
    expect(plain.output).not.toContain('\u001b[36m');
  });

  it('keeps the lines for the arrow keys and the next time, for its owner only', async () => {
    const first = await typeAtCli(brief, [['> ', `/system Be kind.${keys.enter}`], ['instructions: Be kind.', `/exit${keys.enter}`]], env);
    expect(first).toMatchObject({ missed: null, code: 0 });
    const file = join(folder, 'tramontane', 'chat-history');
    expect(readFileSync(file, 'utf8')).toBe('/system Be kind.\n/exit\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const second = await typeAtCli(brief, [['> ', `${keys.up}${keys.up}${keys.enter}`], ['instructions: Be kind.', keys.ctrlD]], env);
    expect(second).toMatchObject({ missed: null, code: 0 });
  });

  it('takes what is pasted as one message', async () => {
    const pasted = '\u001b[200~first line\rsecond line\u001b[201~';
    const end = await typeAtCli(
      [...brief, '--no-history'],
      [['> ', pasted], ['second line', keys.enter], ['length]', `/show${keys.enter}`], ['user: first line\r\nsecond line', keys.ctrlD]],
      env,
    );
    expect(end).toMatchObject({ missed: null, code: 0 });
  });

  it('completes commands by Tab', async () => {
    const end = await typeAtCli([...brief, '--no-history'], [['> ', '/hel'], ['/hel', keys.tab], ['p', keys.enter], ['/reset', keys.ctrlD]], env);
    expect(end).toMatchObject({ missed: null, code: 0 });
  });
});
