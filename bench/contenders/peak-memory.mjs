import { readFileSync } from 'node:fs';

/**
 * The most memory that this process has had resident, in MB.
 * @returns {number}
 */
export function peakMemory() {
  // Where there is /proc it says the same as Python's getrusage; Node's own begins with what the parent had.
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1000;
  } catch {
    return process.resourceUsage().maxRSS / 1000;
  }
}
