import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { type TestApp, testApp } from './app.ts';
import { openVisitor, type Visitor } from './browser.ts';

/** The app with its pages built anew, and a visitor who looks at them. */
export interface PagesApp extends AsyncDisposable {
  readonly app: TestApp;
  readonly visitor: Visitor;
}

export async function pagesApp(): Promise<PagesApp> {
  const pagesDir = await mkdtemp(join(tmpdir(), 'trunkline-pages-'));
  let app: TestApp | undefined;
  let visitor: Visitor | undefined;
  const dispose = async () => {
    await visitor?.close();
    await app?.[Symbol.asyncDispose]();
    await rm(pagesDir, { recursive: true, force: true });
  };
  try {
    await build({
      configFile: fileURLToPath(new URL('../../console/vite.config.ts', import.meta.url)),
      logLevel: 'error',
      build: { outDir: pagesDir, emptyOutDir: true },
    });
    app = await testApp({ pagesDir });
    visitor = await openVisitor();
    visitor.page.setDefaultTimeout(60_000);
    return { app, visitor, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
