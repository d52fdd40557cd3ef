/** What decides which native library fits. */
export interface Platform {
  readonly platform: string;
  readonly arch: string;
  /** Whether the C library is musl rather than glibc (Alpine and its like). */
  readonly musl: boolean;
  /** The folder that holds package.json. */
  readonly packageFolder: string;
}

/** The name of this platform's build: `linux-x64`, `linux-arm64-musl`, `darwin-arm64`. */
export function targetName({ platform, arch, musl }: Omit<Platform, 'packageFolder'>): string {
  return `${platform}-${arch}${musl ? '-musl' : ''}`;
}

/** Where this platform's library may be, best first: what was built in place, then the optional package from npm. */
export function bindingCandidates(platform: Platform): string[] {
  const target = targetName(platform);
  return [`${platform.packageFolder}/native/tramontane.${target}.node`, `@tramontane/${target}`];
}
