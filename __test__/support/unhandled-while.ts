/** The reasons of the rejections that nobody handled while `run` ran. */
export async function unhandledWhile(run: () => Promise<unknown>): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const note = (reason: unknown) => reasons.push(reason);
  process.on('unhandledRejection', note);
  try {
    await run();
    // They are reported once the promises of a turn have settled.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('unhandledRejection', note);
  }
  return reasons;
}
