/** Bytes as a person reads them: `98.4 MB`, `1.07 GB`. Decimal units, as files are sold and downloaded by. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e3) return `${Math.round(bytes)} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** A time as a person reads it: `340 ms`, `2.5 s`, `1:05`, `2:03:00`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return formatClock(ms);
}

/** Minutes and seconds, or hours too: `0:07`, `1:05`, `2:03:00`. */
export function formatClock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** A count as a person reads it: `950`, `2,048`, `135M`, `7.2B`. */
export function formatCount(count: number): string {
  if (count < 1e5) return count.toLocaleString('en');
  const [value, unit] = count < 1e6 ? [count / 1e3, 'k'] : count < 1e9 ? [count / 1e6, 'M'] : [count / 1e9, 'B'];
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)}${unit}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
