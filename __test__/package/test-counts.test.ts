import { join } from 'node:path';
import { expect, test } from 'vitest';
import { addCounts, cargoTestCounts, formatCounts, vitestCounts } from '../../build/test-counts.mjs';
import { temporaryFolder, writeFiles } from './temporary-folder.ts';

const CARGO_OUTPUT = `
running 2 tests
test a ... ok
test b ... ignored

test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

running 2 tests
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
`;

test('all the programs that cargo test ran are added up', () => {
  expect(cargoTestCounts(CARGO_OUTPUT)).toEqual({ passed: 2, failed: 1, skipped: 1 });
});

test('vitest is counted from its report, and as nothing where it wrote none', () => {
  const folder = temporaryFolder();
  writeFiles(folder, {
    'r.json': JSON.stringify({ numPassedTests: 7, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 }),
  });
  expect(vitestCounts(join(folder, 'r.json'))).toEqual({ passed: 7, failed: 1, skipped: 3 });
  expect(vitestCounts(join(folder, 'none.json'))).toEqual({ passed: 0, failed: 0, skipped: 0 });
});

test('the closing line names skipped tests only where there are any', () => {
  const counts = { passed: 2, failed: 0, skipped: 0 };
  expect(formatCounts(counts)).toBe('2 passed, 0 failed');
  expect(formatCounts(addCounts(counts, { passed: 1, failed: 0, skipped: 3 }))).toBe('3 passed, 0 failed, 3 skipped');
});
