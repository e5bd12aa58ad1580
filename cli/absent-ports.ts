import type { Ports } from '../core/ports.ts';
import { localProvider } from '../platform/local-speech.ts';

/** For commands that work on the database alone: nobody is there to be asked. `who` is named where somebody asks. */
export function absentPorts(who: string): Ports {
  const absent = () => Promise.reject(new Error(`${who} asks nobody outside.`));
  const noCarrier = { search: absent, buy: absent, find: absent, release: absent };
  return {
    rooms: { issueVisitorToken: absent, identities: absent },
    fleet: { hosts: absent, activeRooms: absent },
    blobs: { put: absent, get: absent, remove: absent },
    embedder: null,
    voices: { look: async () => null },
    isLocalSpeech: (_, provider) => provider === localProvider,
    languageModel: null,
    messenger: null,
    carriers: { local: noCarrier, installed: () => null, open: () => noCarrier },
    trunkProbe: { options: absent },
    captures: { whyNot: absent },
    mailer: null,
    google: null,
    foreign: null,
    liveControl: { send: absent, issueToken: absent, hushWhisperer: absent },
    chatModel: {
      stream: () => {
        throw new Error(`${who} talks with nobody.`);
      },
    },
    allowedHosts: [],
  };
}
