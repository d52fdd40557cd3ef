import type { Command } from './command.ts';

/** The commands there are, in the order of the help. Each is loaded when it is asked for. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.ts')).run,
  chat: async () => (await import('./commands/chat.ts')).chat,
  serve: async () => (await import('./commands/serve.ts')).serve,
  embed: async () => (await import('./commands/embed.ts')).embed,
  pull: async () => (await import('./commands/pull.ts')).pull,
  list: async () => (await import('./commands/list.ts')).list,
  inspect: async () => (await import('./commands/inspect.ts')).inspect,
  remove: async () => (await import('./commands/remove.ts')).remove,
  bench: async () => (await import('./commands/bench.ts')).bench,
};
