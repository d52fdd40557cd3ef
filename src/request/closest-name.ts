/**
 * The name in `known` that somebody who wrote `name` most likely meant. A name that contains the letters of the other in
 * order comes first (`stop` means `stopSequences`, `max_tokens` means `maxOutputTokens`), then the fewest edits for its
 * length.
 */
export function closestName(name: string, known: readonly string[]): string {
  const wanted = normalise(name);
  let best = '';
  let bestCost = Infinity;
  for (const candidate of known) {
    const cost = costBetween(wanted, normalise(candidate));
    if (cost < bestCost) {
      best = candidate;
      bestCost = cost;
    }
  }
  return best;
}

function normalise(name: string): string {
  // A name as long as a novel is no misspelling, and the edit distance is quadratic.
  return name.slice(0, 64).toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** From 0 to 1. A contained name costs less than 0.1, scattered letters less than 0.2, the tighter fit less than the looser. */
function costBetween(wanted: string, candidate: string): number {
  const [shorter, longer] = wanted.length < candidate.length ? [wanted, candidate] : [candidate, wanted];
  if (shorter.length < 2) return 1;
  const looseness = 1 - shorter.length / longer.length;
  if (longer.includes(shorter)) return looseness / 10;
  if (isSubsequence(shorter, longer)) return (1 + looseness) / 10;
  return editDistance(wanted, candidate) / longer.length;
}

function isSubsequence(shorter: string, longer: string): boolean {
  let found = 0;
  for (const letter of longer) if (letter === shorter[found]) found += 1;
  return found === shorter.length;
}

function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const removed = (previous[column] ?? 0) + 1;
      const inserted = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, removed, inserted));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
