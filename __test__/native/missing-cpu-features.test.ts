import { expect, it } from 'vitest';
import { missingCpuFeatures } from '../../src/native/missing-cpu-features.ts';

const cpuinfo = (flags: string) => `processor\t: 0\nflags\t\t: ${flags}\nbugs\t\t: none\n\nprocessor\t: 1\nflags\t\t: ${flags}\n`;
const haswell = 'fpu sse4_2 avx abm movbe f16c fma bmi1 avx2 bmi2';

it('misses nothing on a processor that has x86-64-v3', () => {
  expect(missingCpuFeatures(cpuinfo(haswell))).toEqual([]);
});

it('names what an older processor lacks', () => {
  expect(missingCpuFeatures(cpuinfo('fpu sse4_2 avx f16c'))).toEqual(['avx2', 'fma', 'bmi1', 'bmi2', 'movbe', 'abm']);
});

it('takes no flag for another that it begins', () => {
  expect(missingCpuFeatures(cpuinfo(haswell.replace('avx2', 'avx2_vnni')))).toEqual(['avx2']);
});

it('gives no verdict on text that lists no flags', () => {
  expect(missingCpuFeatures('')).toEqual([]);
  expect(missingCpuFeatures('Features\t: fp asimd')).toEqual([]);
});
