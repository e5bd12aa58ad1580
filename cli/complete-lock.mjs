// `npm run lock:complete` after a change of packages. A registry mirror that lacks a package for another platform
// makes npm leave it out of package-lock.json, and `npm ci` then refuses the whole file everywhere. This puts such
// optional entries back at the version their parent asks for; npm only ever fetches the ones of its own platform.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

/**
 * The optional packages that the lock's packages ask for by an exact version and that it does not list.
 * @param {Record<string, any>} packages the `packages` of a package-lock.json
 */
export function missingOptionals(packages) {
  const missing = {};
  for (const [path, entry] of Object.entries(packages))
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const places = [`node_modules/${name}`, `${path}/node_modules/${name}`];
      if (places.some((place) => packages[place]) || !/^\d/.test(version)) continue;
      const words = name.split(/[^a-z0-9]+/);
      const os = words.filter((word) => systems.includes(word));
      const cpu = words.filter((word) => processors.includes(word));
      if (os.length === 0 || cpu.length === 0) continue;
      missing[`node_modules/${name}`] = {
        version,
        cpu,
        ...(entry.dev ? { dev: true } : {}),
        ...(words.includes('musl') ? { libc: ['musl'] } : {}),
        optional: true,
        os,
      };
    }
  return missing;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = resolve(fileURLToPath(import.meta.url), '../../package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingOptionals(lock.packages);
  const { '': own, ...rest } = { ...lock.packages, ...missing };
  const sorted = Object.entries(rest).sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = { '': own, ...Object.fromEntries(sorted) };
  if (Object.keys(missing).length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${Object.keys(missing).length} optional packages added to package-lock.json.`);
}
