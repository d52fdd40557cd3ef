import { expect, it } from 'vitest';
import { bindingCandidates, targetName } from '../../src/native/binding-candidates.ts';

it.each([
  ['linux', 'x64', false, 'linux-x64'],
  ['linux', 'x64', true, 'linux-x64-musl'],
  ['linux', 'arm64', true, 'linux-arm64-musl'],
  ['darwin', 'arm64', false, 'darwin-arm64'],
  ['win32', 'x64', false, 'win32-x64'],
])('names %s %s (musl: %s) %s', (platform, arch, musl, name) => {
  expect(targetName({ platform, arch, musl })).toBe(name);
});

it('looks for what was built in place before the package from npm', () => {
  expect(bindingCandidates({ platform: 'linux', arch: 'x64', musl: true, packageFolder: '/app' })).toEqual([
    '/app/native/tramontane.linux-x64-musl.node',
    '@tramontane/linux-x64-musl',
  ]);
});
