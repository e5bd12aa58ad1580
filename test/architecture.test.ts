import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** Who may import whom, read from the sources themselves; see ARCHITECTURE.md. No dependency but vitest. */

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = [
  ...['platform', 'db', 'core', 'adapters', 'sip', 'jobs', 'worker', 'control-plane', 'speech'],
  ...['cli', 'console', 'bench', 'test', 'simulate'],
];
const skipped = new Set(['node_modules', 'dist', 'migrations']);

interface Import {
  readonly specifier: string;
  /** Erased before anything runs. */
  readonly typeOnly: boolean;
  /** Path from the root, where it is a file of ours. */
  readonly target: string | null;
}

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

function filesUnder(folder: string): string[] {
  let entries: ReturnType<typeof list>;
  try {
    entries = list(folder);
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesUnder(path);
    return /\.(ts|tsx|mts|mjs)$/.test(entry.name) && !entry.name.endsWith('.d.mts') ? [path] : [];
  });
}

const list = (folder: string) => readdirSync(join(root, folder), { withFileTypes: true });

/** Comments and template texts may speak of imports; only statements count. */
const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');

const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

function read(path: string): Source {
  const text = withoutComments(readFileSync(join(root, path), 'utf8'));
  const of = (specifier: string, typeOnly: boolean): Import => ({
    specifier,
    typeOnly,
    target: specifier.startsWith('.') ? relative(root, resolve(root, dirname(path), specifier)) : null,
  });
  return {
    path,
    text,
    imports: [
      ...[...text.matchAll(statement)].map(([, type, name = '']) => of(name, type !== undefined)),
      ...[...text.matchAll(dynamic)].map(([, name = '']) => of(name, false)),
    ],
  };
}

const all = folders.flatMap((folder) => filesUnder(folder).map(read));
const isTest = ({ path }: Source) => /\.test\.tsx?$/.test(path) || path.startsWith('test/');
const product = all.filter((source) => !isTest(source));
const byPath = new Map(all.map((source) => [source.path, source]));
const folderOf = (path: string): string => path.split('/')[0] ?? '';

/** The files that put a process together may reach everywhere. */
const entries = new Set([
  ...['control-plane/server.ts', 'jobs/main.ts', 'worker/main.ts', 'worker/host/main.ts', 'speech/main.ts'],
]);

const allowed: Record<string, readonly string[]> = {
  platform: [],
  db: ['platform'],
  core: ['db', 'platform'],
  adapters: ['core', 'platform'],
  sip: ['core', 'platform'],
  jobs: ['core', 'platform', 'adapters', 'sip'],
  worker: ['core', 'platform'],
  speech: ['platform'],
  'control-plane': ['core', 'platform', 'adapters'],
  console: [],
  simulate: ['platform'],
};

const edges = (sources: readonly Source[]) =>
  sources.flatMap((from) => from.imports.map((edge) => ({ from: from.path, ...edge })));
const show = (list: readonly { from: string; specifier: string }[]) =>
  list.map(({ from, specifier }) => `${from} → ${specifier}`);

test('the rules look at the product (a wrong path would make every rule pass)', () => {
  for (const folder of ['platform', 'db', 'core', 'cli'])
    expect(product.filter(({ path }) => folderOf(path) === folder).length).toBeGreaterThan(3);
  expect(byPath.get('core/operation.ts')?.imports.map((edge) => edge.target)).toContain('core/errors.ts');
});

describe('who imports whom', () => {
  test.each(Object.keys(allowed))(
    '%s imports itself and what is below it, nothing else of ours',
    (folder) => {
      const sources = product.filter(({ path }) => folderOf(path) === folder && !entries.has(path));
      const wrong = edges(sources).filter(({ target }) => {
        if (target === null) return false;
        const to = folderOf(target);
        return to !== folder && !allowed[folder]?.includes(to) && folders.includes(to);
      });
      expect(show(wrong)).toEqual([]);
    },
  );

  test('the product imports no tests and no benches, and only cli imports cli', () => {
    const wrong = edges(product).filter(({ from, target }) => {
      const to = target === null ? '' : folderOf(target);
      if (to === 'test') return folderOf(from) !== 'bench';
      if (to === 'bench') return folderOf(from) !== 'bench';
      return to === 'cli' && !['cli', 'bench'].includes(folderOf(from)) && !entries.has(from);
    });
    expect(show(wrong)).toEqual([]);
  });

  test('every import of ours leads to a file that is there', () => {
    const wrong = edges(all).filter(
      ({ target }) =>
        target !== null &&
        folders.includes(folderOf(target)) &&
        /\.tsx?$/.test(target) &&
        !byPath.has(target),
    );
    expect(show(wrong)).toEqual([]);
  });

  test('a surface imports no other surface and neither drizzle nor the schema', () => {
    const surfaces = product.filter(({ path }) => path.startsWith('control-plane/surfaces/'));
    const surfaceOf = (path: string) => /^control-plane\/surfaces\/([^/]+)/.exec(path)?.[1];
    const wrong = edges(surfaces).filter(({ from, target, specifier }) => {
      if (/^(drizzle-orm|pg)(\/|$)/.test(specifier) || folderOf(target ?? '') === 'db') return true;
      const other = surfaceOf(target ?? '');
      return other !== undefined && other !== surfaceOf(from);
    });
    expect(show(wrong)).toEqual([]);
  });

  test('only core, db, seeding and benches know drizzle', () => {
    const wrong = edges(product).filter(
      ({ from, specifier }) =>
        /^drizzle-(orm|kit)(\/|$)/.test(specifier) &&
        !['core', 'db', 'bench'].includes(folderOf(from)) &&
        from !== 'cli/seed.ts',
    );
    expect(show(wrong)).toEqual([]);
  });

  test('core knows no HTTP, no LiveKit, no queue and no Redis', () => {
    const core = product.filter(({ path }) => folderOf(path) === 'core');
    const wrong = edges(core).filter(({ specifier }) =>
      /^(koa|@koa\/|@livekit\/|livekit-|bullmq|ioredis|node:https?$|ws$)/.test(specifier),
    );
    expect(show(wrong)).toEqual([]);
  });
});

test('a worker reaches neither the database nor its driver, by whatever way', () => {
  const start = product.filter(({ path }) => folderOf(path) === 'worker').map(({ path }) => path);
  const seen = new Set<string>();
  const wrong: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { specifier, target, typeOnly } of byPath.get(path)?.imports ?? []) {
      if (typeOnly) continue;
      const next = [...way, target ?? specifier];
      if (/^(drizzle-orm|pg)(\/|$)/.test(specifier) || folderOf(target ?? '') === 'db')
        wrong.push(next.join(' → '));
      else if (target !== null) walk(target, next);
    }
  };
  for (const path of start) walk(path, [path]);
  expect(wrong).toEqual([]);
});

test('nothing of ours imports itself in a circle, not for a type either', () => {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      circles.push([...way.slice(way.indexOf(path)), path].join(' → '));
      return;
    }
    state.set(path, 'open');
    for (const { target } of byPath.get(path)?.imports ?? [])
      if (target !== null && byPath.has(target)) walk(target, [...way, path]);
    state.set(path, 'done');
  };
  for (const { path } of all) walk(path, []);
  expect(circles).toEqual([]);
});

test('the environment is read in platform/config.ts and nowhere else', () => {
  // The first step of the command line runs before any package is there, so it cannot ask platform/config.ts.
  const wrong = product.filter(
    ({ path, text }) =>
      /\bprocess\s*\.\s*env\b/.test(text) && path !== 'platform/config.ts' && !path.endsWith('.mjs'),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test('a comment is as wide as the code', () => {
  const wide = all.flatMap(({ path }) =>
    readFileSync(join(root, path), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        line.length > 120 && /^\s*(?:\/\/|\/?\*)/.test(line) ? [`${path}:${index + 1}`] : [],
      ),
  );
  expect(wide).toEqual([]);
});
