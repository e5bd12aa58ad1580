import { Readable } from 'node:stream';
import type { ControlCommand } from '../../core/calls/control/command.ts';
import type { HostHeartbeat } from '../../core/fleet.ts';
import type {
  ControlAnswer,
  Embedder,
  IdentityProvider,
  LanguageModel,
  Mailer,
  Messenger,
  Ports,
  Rooms,
  Voices,
} from '../../core/ports.ts';
import { BlobNotFoundError } from '../../platform/blob-store.ts';
import { type ChatScript, scriptedChat } from './chat-script.ts';
import { type FakeCarriers, fakeCarriers } from './fake-carriers.ts';

type VisitorTokenInput = Parameters<Rooms['issueVisitorToken']>[0];

/** One fake for each port: it answers what a test sets, and remembers what it was asked. */
export interface FakePorts extends Ports, FakeCarriers {
  carriers: Ports['carriers'];
  readonly issuedTokens: VisitorTokenInput[];
  /** Commands that were sent to agents; `controlAnswer` is what they answer, null: nothing. */
  readonly commands: ControlCommand[];
  controlAnswer: ControlAnswer | null;
  /** Identities whose microphone was to be taken. */
  readonly hushed: string[];
  /** Identities by room. */
  readonly inRooms: Map<string, readonly string[]>;
  workerHosts: HostHeartbeat[];
  liveRooms: number;
  embedder: Embedder | null;
  /** What the blob store holds. */
  readonly blobBytes: Map<string, Buffer>;
  /** Voices by provider; a provider that is not in here takes any name. An Error: the provider is away. */
  readonly voicesOf: Map<string, readonly string[] | Error>;
  readonly voices: Voices;
  /** `stage provider` of what the speech gateway does here. */
  readonly withoutKey: Set<string>;
  languageModel: LanguageModel | null;
  messenger: Messenger | null;
  mailer: Mailer | null;
  google: IdentityProvider | null;
  foreign: Ports['foreign'];
  allowedHosts: string[];
  /** Why packets cannot be captured; null: they can. */
  whyNoCapture: string | null;
  /** How the model answers in a chat. */
  chatReply: ChatScript;
}

export function fakePorts(): FakePorts {
  const fake: FakePorts = {
    issuedTokens: [],
    commands: [],
    hushed: [],
    inRooms: new Map(),
    controlAnswer: { applied: true, detail: 'Done.' },
    workerHosts: [],
    liveRooms: 0,
    embedder: null,
    blobBytes: new Map(),
    voicesOf: new Map(),
    withoutKey: new Set(),
    languageModel: null,
    messenger: null,
    mailer: null,
    google: null,
    foreign: null,
    chatModel: scriptedChat((request) => fake.chatReply(request)),
    allowedHosts: [],
    whyNoCapture: null,
    captures: { whyNot: async () => fake.whyNoCapture },
    ...fakeCarriers(() => fake),
    chatReply: () => ({ text: 'We are open from nine to five.' }),
    rooms: {
      issueVisitorToken: async (input) => {
        fake.issuedTokens.push(input);
        return { token: `token-of-${input.identity}`, url: 'ws://livekit.test' };
      },
      identities: async (roomName) => fake.inRooms.get(roomName) ?? [],
    },
    isLocalSpeech: (stage, provider) => provider === 'local' || fake.withoutKey.has(`${stage} ${provider}`),
    voices: {
      look: async (provider, voice) => {
        const known = fake.voicesOf.get(provider);
        if (known instanceof Error) throw known;
        return known === undefined ? null : { exists: known.includes(voice), known };
      },
    },
    blobs: {
      put: async (key, source) => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of source) chunks.push(chunk);
        const bytes = Buffer.concat(chunks);
        fake.blobBytes.set(key, bytes);
        return bytes.length;
      },
      get: async (key, range) => {
        const bytes = fake.blobBytes.get(key);
        if (!bytes) throw new BlobNotFoundError(`There is no blob ${key}.`);
        return Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes]);
      },
      remove: async (key) => void fake.blobBytes.delete(key),
    },
    liveControl: {
      send: async ({ command }) => {
        fake.commands.push(command);
        return fake.controlAnswer;
      },
      issueToken: async ({ identity }) => ({ token: `token-of-${identity}`, url: 'ws://livekit.test' }),
      hushWhisperer: async ({ identity }) => {
        fake.hushed.push(identity);
        return true;
      },
    },
    fleet: { hosts: async () => fake.workerHosts, activeRooms: async () => fake.liveRooms },
  };
  return fake;
}
