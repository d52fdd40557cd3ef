import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // A process per file: a crash of the native library must take its own file down and no other.
    pool: 'forks',
    execArgv: ['--expose-gc'],
    testTimeout: 20_000,
    // No more than patience: what is waited for comes at once, unless the machine is busy.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: { name: 'pure', include: ['__test__/**/*.test.ts'], exclude: ['__test__/**/*.{scripted,model}.test.ts'] },
      },
      {
        extends: true,
        // These run on the native library, with a scripted model in place of weights.
        test: { name: 'scripted', include: ['__test__/**/*.scripted.test.ts'] },
      },
      {
        extends: true,
        // These run on the native library, with real weights.
        test: { name: 'model', include: ['__test__/**/*.model.test.ts'], testTimeout: 180_000, fileParallelism: false },
      },
    ],
  },
});
