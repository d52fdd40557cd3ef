/** The longest that leaving the process waits for one model's engine to be quiet. */
const shutdownMs = 200;

/** A model of the native library, whatever it is for. */
interface ExitingModel {
  shutdown(waitMs: number): void;
}

/** Weak: a model that was let go of without closing it is freed by its own finaliser. */
const openModels = new Set<WeakRef<ExitingModel>>();
let listening = false;

/**
 * Shuts `native` down when this environment (process or worker) exits while it is open. `process.exit` and an uncaught
 * error run no other hook, and an engine that still computes while the process is torn down can crash it.
 *
 * @returns what to call once the model is closed
 */
export function guardExit(native: ExitingModel): () => void {
  if (!listening) {
    listening = true;
    process.on('exit', shutDownAll);
  }
  for (const open of openModels) if (!open.deref()) openModels.delete(open);
  const open = new WeakRef(native);
  openModels.add(open);
  return () => void openModels.delete(open);
}

function shutDownAll(): void {
  for (const open of openModels) {
    try {
      open.deref()?.shutdown(shutdownMs);
    } catch {
      // The process is going; the other models must still be shut down.
    }
  }
}
