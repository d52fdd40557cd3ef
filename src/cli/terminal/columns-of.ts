/** Rows as lines whose cells stand below one another. A cell that begins with a digit is a size and stands at the right. */
export function columnsOf(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return rows.map((row) => row.map((cell, at) => align(cell, widths[at] ?? 0)).join('  ').trimEnd());
}

function align(cell: string, width: number): string {
  return /^\d[\d,.]*( [kMGT]?B)?$/.test(cell) ? cell.padStart(width) : cell.padEnd(width);
}
