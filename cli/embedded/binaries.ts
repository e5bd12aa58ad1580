import { homedir } from 'node:os';
import { join } from 'node:path';
import { inheritedEnv } from '../../platform/config.ts';

/** A ready-made archive of a release, pinned by the checksum its project publishes. */
export interface Release {
  readonly url: string;
  readonly sha256: string;
  /** Path of the program inside the .tar.gz. */
  readonly member: string;
}

/** A program the product runs but does not carry: where it may come from, in the order it is looked for. */
export interface Binary {
  readonly name: string;
  readonly version: string;
  /** Lowest version of one found in the PATH; undefined when it cannot tell its version and any will do. */
  readonly minimum?: readonly [number, number];
  /** What is lost without it, for the operator. */
  readonly without: string;
  /** By `${platform}-${arch}`. A release whose checksum is not known is not listed, so it is never downloaded. */
  readonly releases: Readonly<Record<string, Release>>;
  readonly go?: GoBuild;
  /** Debian packages that hold it. */
  readonly apt?: readonly string[];
}

export interface GoBuild {
  /** Folder of the pinned module, beside this file. */
  readonly module: string;
  readonly package: string;
  readonly cgo: boolean;
  /** Lowest Go that understands the module. */
  readonly minimum: readonly [number, number];
  /** pkg-config names that must be there, and the Debian packages that bring them. */
  readonly libraries: readonly string[];
  readonly aptLibraries: readonly string[];
  /** For the progress line. */
  readonly minutes: string;
}

export const livekitServer: Binary = {
  name: 'livekit-server',
  version: '1.13.5',
  minimum: [1, 9],
  without: 'no calls at all',
  // Sums of the release's own checksums.txt.
  releases: {
    'linux-x64': {
      url: 'https://github.com/livekit/livekit/releases/download/v1.13.5/livekit_1.13.5_linux_amd64.tar.gz',
      sha256: 'c020fac437b7cc9b776eef1ad5ea8af77be9acfa07602eca20a3a44930dfbc70',
      member: 'livekit-server',
    },
    'linux-arm64': {
      url: 'https://github.com/livekit/livekit/releases/download/v1.13.5/livekit_1.13.5_linux_arm64.tar.gz',
      sha256: '332015305518765fe05bad74fc3a9d9583e635e7dd130de3c4fc563d69c550f3',
      member: 'livekit-server',
    },
  },
  go: {
    module: 'livekit-server',
    package: 'github.com/livekit/livekit-server/cmd/server',
    cgo: false,
    minimum: [1, 21],
    libraries: [],
    aptLibraries: [],
    minutes: 'about two minutes',
  },
};

export const livekitSip: Binary = {
  name: 'livekit-sip',
  version: '1.8.0',
  without: 'no phone calls; web calls work',
  // The project publishes container images only.
  releases: {},
  go: {
    module: 'livekit-sip',
    package: 'github.com/livekit/sip/cmd/livekit-sip',
    cgo: true,
    minimum: [1, 21],
    libraries: ['opus', 'opusfile', 'soxr'],
    aptLibraries: ['build-essential', 'pkg-config', 'libopus-dev', 'libopusfile-dev', 'libsoxr-dev'],
    minutes: 'about two minutes',
  },
};

export const redisServer: Binary = {
  name: 'redis-server',
  version: '7',
  minimum: [6, 2],
  without: 'nothing works',
  releases: {},
  apt: ['redis-server'],
};

/** The folder of this user for things that are made once and used by every checkout. */
export function cacheFolder(env: Readonly<Record<string, string>> = inheritedEnv()): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'trunkline');
}
