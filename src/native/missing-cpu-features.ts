/** What x86-64-v3 code uses and /proc/cpuinfo names; `abm` is its word for lzcnt. */
const required = ['avx2', 'fma', 'bmi1', 'bmi2', 'f16c', 'movbe', 'abm'];

/**
 * The instruction sets a library compiled for x86-64-v3 needs and this processor lacks. Loading it regardless would end
 * the process with an illegal instruction, before any code of ours could object.
 *
 * @param cpuinfo - The text of /proc/cpuinfo; one that lists no flags gives no verdict, and so nothing missing.
 */
export function missingCpuFeatures(cpuinfo: string): string[] {
  const flags = /^flags\s*:(.*)$/m.exec(cpuinfo)?.[1];
  if (flags === undefined) return [];
  const present = new Set(flags.trim().split(/\s+/));
  return required.filter((feature) => !present.has(feature));
}
