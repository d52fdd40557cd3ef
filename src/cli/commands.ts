import type { Command } from './command.ts';

/** The commands there are, in the order of the help. Each is loaded when it is asked for. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.ts')).run,
  chat: async () => (await import('./commands/chat.ts')).chat,
  bench: async () => (await import('./commands/bench.ts')).bench,
};
