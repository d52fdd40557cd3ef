import { readFileSync } from 'node:fs';

/**
 * @typedef {object} TestCounts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/** @returns {TestCounts} */
export function noTests() {
  return { passed: 0, failed: 0, skipped: 0 };
}

/**
 * @param {TestCounts} a
 * @param {TestCounts} b
 * @returns {TestCounts}
 */
export function addCounts(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/**
 * Adds up the closing lines of all the test programs that one `cargo test` ran.
 *
 * @param {string} output
 * @returns {TestCounts}
 */
export function cargoTestCounts(output) {
  let counts = noTests();
  for (const [, passed, failed, ignored] of output.matchAll(
    /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm,
  )) {
    counts = addCounts(counts, { passed: Number(passed), failed: Number(failed), skipped: Number(ignored) });
  }
  return counts;
}

/**
 * Reads what vitest's JSON reporter wrote.
 *
 * @param {string} file
 * @returns {TestCounts} None at all if vitest ended before it wrote the file.
 */
export function vitestCounts(file) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(file, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests, skipped: (numPendingTests ?? 0) + (numTodoTests ?? 0) };
  } catch {
    return noTests();
  }
}

/**
 * @param {TestCounts} counts
 * @returns {string} `12 passed, 0 failed`, and how many were skipped if any were.
 */
export function formatCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
