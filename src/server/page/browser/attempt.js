/**
 * What a function gives, or nothing where it throws. Storage may be switched off, and what lies in it be another's.
 *
 * @template Value
 * @param {() => Value} action
 * @returns {Value | undefined}
 */
export function attempt(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}
