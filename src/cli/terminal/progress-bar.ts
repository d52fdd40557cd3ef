import { formatBytes, formatClock, formatCount } from './units.ts';
import type { TerminalOutput } from './terminal.ts';

/** How far something has come. */
export interface ProgressState {
  /** What is being done: `downloading model.gguf`. */
  readonly label: string;
  readonly done: number;
  /** `null` while unknown. */
  readonly total: number | null;
  readonly unit: 'bytes' | 'tensors' | 'steps';
}

/** How often it is drawn at most, in milliseconds. */
const redrawMs = 100;
/** The rate is that of so many milliseconds, so that it follows a connection that becomes slow. */
const rateWindowMs = 5000;
const barWidth = 20;
const eraseLine = '\r\u001b[2K';

/**
 * One line that shows how far something has come, at which rate, and how long the rest will take. It is drawn only where
 * `output` is a terminal, and leaves nothing behind.
 */
export class ProgressBar {
  readonly #output: TerminalOutput;
  readonly #now: () => number;
  /** Since `label` began: how much was done, and when. */
  #samples: { readonly atMs: number; readonly done: number }[] = [];
  #label = '';
  #drawnAtMs = -Infinity;
  #drawn = false;

  constructor(output: TerminalOutput, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#now = now;
  }

  update(state: ProgressState): void {
    if (this.#output.isTTY !== true) return;
    const atMs = this.#now();
    if (state.label !== this.#label) {
      this.#label = state.label;
      this.#samples = [];
      this.#drawnAtMs = -Infinity;
    }
    if (atMs - this.#drawnAtMs < redrawMs && state.done !== state.total) return;
    this.#drawnAtMs = atMs;
    this.#samples.push({ atMs, done: state.done });
    while (this.#samples.length > 2 && atMs - (this.#samples[0]?.atMs ?? 0) > rateWindowMs) this.#samples.shift();
    // A line that wraps could not be erased again.
    const width = Math.max(1, (this.#output.columns ?? 80) - 1);
    this.#output.write(eraseLine + progressText(state, this.#ratePerMs(), width).slice(0, width));
    this.#drawn = true;
  }

  /** Takes the line away. */
  stop(): void {
    if (this.#drawn) this.#output.write(eraseLine);
    this.#drawn = false;
  }

  /** `null` where too little is known to say. */
  #ratePerMs(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.atMs - first.atMs < redrawMs || last.done <= first.done) return null;
    return (last.done - first.done) / (last.atMs - first.atMs);
  }
}

/**
 * The line: label, bar, share, amounts, rate, remaining time, each as far as it is known. Where there is not enough room
 * the bar goes first, then the end of the label.
 */
export function progressText({ label, done, total, unit }: ProgressState, ratePerMs: number | null, width: number): string {
  const amount = (value: number) => (unit === 'bytes' ? formatBytes(value) : `${formatCount(value)} ${unit}`);
  if (total === null || total === 0) return done > 0 ? `${label}  ${amount(done)}` : label;
  const share = Math.min(1, done / total);
  const filled = Math.round(share * barWidth);
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]  `;
  const parts = [`${Math.floor(share * 100)}%`.padStart(4), `${amount(done)} of ${amount(total)}`];
  if (ratePerMs !== null && done < total) {
    if (unit === 'bytes') parts.push(`${formatBytes(ratePerMs * 1000)}/s`);
    parts.push(`${formatClock((total - done) / ratePerMs)} left`);
  }
  const figures = parts.join('  ');
  const room = width - figures.length - 2;
  if (label.length + bar.length <= room) return `${label}  ${bar}${figures}`;
  return `${label.length <= room ? label : `${label.slice(0, Math.max(0, room - 1))}…`}  ${figures}`;
}
