import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import packaged from '@sparticuz/chromium';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** Why no browser can be had here, if so. */
export const noBrowser =
  process.platform === 'linux' && process.arch === 'x64' ? undefined : 'skipped: the Chromium of @sparticuz/chromium is for Linux on x64 only';

const cache = fileURLToPath(new URL('../../../node_modules/.cache/tramontane', import.meta.url));

/** What starts it without a sandbox of its own, which containers refuse, and keeps it from asking its maker anything. */
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  '--disable-gpu',
];

/** A Chromium without a screen. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: await unpackedChromium(), headless: true, args });
}

/**
 * Unpacks it, once for each version. The package by itself would write to the folder for temporary files, where it takes
 * what another process is still writing, or what another version has left, for its own.
 */
async function unpackedChromium(): Promise<string> {
  const manifest = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', 'package.json');
  const { version } = createRequire(import.meta.url)(manifest) as { readonly version: string };
  const folder = join(cache, `chromium-${version}`);
  if (!existsSync(folder)) {
    await mkdir(cache, { recursive: true });
    const unpacked = await mkdtemp(`${folder}-`);
    await inTemporaryFolder(unpacked, () => packaged.executablePath());
    // Another process may have been first.
    await rename(unpacked, folder).catch(() => rm(unpacked, { recursive: true }));
  }
  return join(folder, 'chromium');
}

async function inTemporaryFolder(folder: string, action: () => Promise<unknown>): Promise<void> {
  const { TMPDIR: before } = process.env;
  process.env['TMPDIR'] = folder;
  try {
    await action();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}
