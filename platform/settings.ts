import './plain-problems.ts';
import { z } from 'zod';

/**
 * Every setting of the product, once. `.env.example`, `trunkline doctor` and the processes read this table;
 * only platform/config.ts touches `process.env`.
 */
interface Setting<T extends z.ZodType> {
  readonly schema: T;
  readonly doc: string;
  readonly secret?: boolean;
  readonly group: string;
}

const setting = <T extends z.ZodType>(group: string, schema: T, doc: string, secret = false): Setting<T> => ({
  group,
  schema,
  doc,
  secret,
});

const optional = z.string().trim().min(1).optional();
const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const count = (fallback: number, max: number) => z.coerce.number().int().min(1).max(max).default(fallback);
const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0', 'yes', 'no'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true' || value === '1' || value === 'yes');

export const settings = {
  TRUNKLINE_DATA: setting(
    'Product',
    z.string().default('.trunkline'),
    'Data folder: databases, keys, recordings, logs.',
  ),
  HOST: setting('Product', z.string().default('127.0.0.1'), 'Address the control plane listens on.'),
  PORT: setting('Product', port(8080), 'Port of the API, the console and the visitor pages.'),
  PUBLIC_URL: setting('Product', optional, 'Base URL that outsiders use. Default: http://HOST:PORT.'),
  TRUST_PROXY: setting(
    'Product',
    flag(false),
    'true behind a reverse proxy: the last X-Forwarded-For address counts as the caller.',
  ),
  DEMO: setting('Product', flag(true), 'false: no demo agent and no demo booking book.'),
  DEMO_TRANSFER_TO: setting(
    'Product',
    z.string().trim().max(200).default(''),
    'Whom the demo agent puts callers through to who want a person: sip:name@host, which any phone that takes a REFER can be sent to, or a number, for which a trunk is needed. Read when the demo agent is made.',
  ),
  LOG_LEVEL: setting(
    'Product',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    'Log level of every process.',
  ),
  LOG_PII: setting(
    'Product',
    flag(false),
    'true writes personal data (numbers, words spoken) into the logs.',
  ),

  DATABASE_URL: setting(
    'Storage',
    optional,
    'PostgreSQL 15+. Unset: an embedded PostgreSQL in the data folder.',
    true,
  ),
  POSTGRES_PORT: setting('Storage', port(5433), 'Port of the embedded PostgreSQL.'),
  REDIS_URL: setting(
    'Storage',
    optional,
    'Redis 7+. Unset: redis-server is started in the data folder.',
    true,
  ),
  REDIS_PORT: setting('Storage', port(6380), 'Port of the redis-server started here.'),
  S3_BUCKET: setting(
    'Storage',
    optional,
    'Bucket for files and recordings. Unset: the folder blobs in the data folder.',
  ),
  S3_ACCESS_KEY_ID: setting('Storage', optional, 'Access key of the bucket.'),
  S3_SECRET_ACCESS_KEY: setting('Storage', optional, 'Secret key of the bucket.', true),
  S3_REGION: setting('Storage', z.string().trim().min(1).default('us-east-1'), 'Region of the bucket.'),
  S3_ENDPOINT: setting(
    'Storage',
    optional,
    'URL of another S3-compatible server (MinIO, R2 …). Default: Amazon, by region.',
  ),

  LIVEKIT_URL: setting(
    'Media',
    optional,
    'ws:// or wss:// URL of livekit-server. Unset: one is started here.',
  ),
  LIVEKIT_PUBLIC_URL: setting('Media', optional, 'ws:// or wss:// URL for browsers. Default: LIVEKIT_URL.'),
  LIVEKIT_API_KEY: setting('Media', optional, 'LiveKit API key. Generated for the embedded server.'),
  LIVEKIT_API_SECRET: setting(
    'Media',
    optional,
    'LiveKit API secret. Generated for the embedded server.',
    true,
  ),
  LIVEKIT_PORT: setting('Media', port(7880), 'Signalling port of the embedded livekit-server.'),
  LIVEKIT_TCP_PORT: setting('Media', port(7881), 'ICE/TCP port of the embedded livekit-server.'),
  LIVEKIT_UDP_PORT: setting('Media', port(7882), 'Media (UDP mux) port of the embedded livekit-server.'),
  SIP_ENABLED: setting('Media', flag(true), 'false leaves livekit-sip off: web calls only.'),
  SIP_HOST: setting(
    'Media',
    z.string().default('127.0.0.1'),
    'Address livekit-sip listens on and announces.',
  ),
  SIP_PORT: setting('Media', port(5060), 'SIP port (UDP and TCP) of the embedded livekit-sip.'),
  SIP_RTP_PORTS: setting(
    'Media',
    z
      .string()
      .regex(/^\d+-\d+$/)
      .default('11000-11999'),
    'RTP port range of the embedded livekit-sip.',
  ),
  SIP_EXTERNAL: setting('Media', flag(false), 'true: an external LIVEKIT_URL has its own SIP service.'),

  DEEPGRAM_API_KEY: setting(
    'Providers',
    optional,
    'Speech to text by Deepgram. Unset: the local speech gateway.',
    true,
  ),
  DEEPGRAM_BASE_URL: setting('Providers', optional, 'Other Deepgram-compatible host, as ws:// or wss://.'),
  OPENAI_API_KEY: setting(
    'Providers',
    optional,
    'Language model by OpenAI. Unset: Ollama when it runs, else the scripted model.',
    true,
  ),
  OPENAI_BASE_URL: setting(
    'Providers',
    optional,
    'OpenAI-compatible server (Ollama, vLLM, llama.cpp), with /v1.',
  ),
  OPENAI_MODEL: setting(
    'Providers',
    optional,
    'Model for agents that name none of this server. Default: gpt-4.1-mini at OpenAI, else the first one the server lists.',
  ),
  OPENAI_EMBEDDING_MODEL: setting(
    'Providers',
    optional,
    'Embeddings for knowledge search. Default: text-embedding-3-small at OpenAI; at another server none.',
  ),
  ELEVEN_API_KEY: setting(
    'Providers',
    optional,
    'Text to speech by ElevenLabs. Unset: the local speech gateway.',
    true,
  ),
  ELEVEN_BASE_URL: setting('Providers', optional, 'Other ElevenLabs-compatible host, with /v1.'),
  SPEECH_URL: setting(
    'Providers',
    optional,
    'http:// URL of a running speech gateway. Unset: one is started here when needed.',
  ),
  SPEECH_PORT: setting('Providers', port(8090), 'Port of the speech gateway started here.'),
  SPEECH_THREADS: setting(
    'Providers',
    z.coerce.number().int().min(0).max(64).default(0),
    'Engine worker threads of the speech gateway. 0: one per core.',
  ),
  SPEECH_STEADY: setting(
    'Providers',
    flag(false),
    'true: the local voice says a sentence the same way every time. A little flatter; for tests.',
  ),
  SPEECH_MODELS: setting(
    'Providers',
    optional,
    'Folder with the speech models. Default: the user cache folder.',
  ),

  WORKER_HOSTS: setting(
    'Worker',
    z.coerce.number().int().min(0).max(128).default(0),
    'Host processes of the worker. 0: one per core.',
  ),
  WORKER_SLOTS: setting(
    'Worker',
    z.coerce.number().int().min(0).max(1000).default(0),
    'Calls one host takes at once. 0: 8 on Node 24, 6 before.',
  ),
  WORKER_REHEARSAL: setting(
    'Worker',
    flag(true),
    'A host plays one turn with the local speech gateway when it has started, so that its first caller meets warm code.',
  ),
  CALLER_WAIT_SECONDS: setting(
    'Worker',
    z.coerce.number().int().min(5).max(600).default(60),
    'How long a caller rings, and a visitor waits, while every slot is taken or no host is there. Then the call is refused.',
  ),
  WORKER_ISOLATION: setting(
    'Worker',
    z.enum(['shared', 'process']).default('shared'),
    'shared: many calls in a host process. process: the stock agent server, a process per call.',
  ),
  WORKER_AGENT_NAME: setting(
    'Worker',
    z.string().default('trunkline'),
    'Agent name the worker registers with LiveKit.',
  ),
  WORKER_DRAIN_MS: setting(
    'Worker',
    count(600_000, 86_400_000),
    'How long a stopping worker waits for its calls to end.',
  ),
  WORKER_NODE: setting('Worker', optional, 'Node binary for worker hosts. Default: the newest one found.'),

  DIALER_INBOUND_SHARE: setting(
    'Dialer',
    z.coerce.number().min(0).max(0.9).default(0.1),
    'Share of the worker slots that campaigns leave to people who call in.',
  ),
  DIALER_WORKSPACE_CALLS: setting(
    'Dialer',
    count(1_000, 100_000),
    'Calls that one workspace may have at once before its campaigns wait.',
  ),
  DIALER_TRUNK_CPS: setting(
    'Dialer',
    z.coerce.number().min(0.1).max(1_000).default(5),
    'Calls per second on a trunk whose carrier has granted nothing else (trunk_limits).',
  ),
  DIALER_TRUNK_CHANNELS: setting(
    'Dialer',
    count(30, 100_000),
    'Calls at once on a trunk whose carrier has granted nothing else.',
  ),

  SMTP_URL: setting(
    'Messages',
    optional,
    'Mail server, smtp://user:password@host:587 or smtps://…. Unset: mail is kept in the outbox, and written to the log with LOG_PII.',
    true,
  ),
  MAIL_FROM: setting(
    'Messages',
    z.string().trim().min(1).default('Trunkline <trunkline@localhost>'),
    'Sender of mail.',
  ),
  MESSAGES_KEEP_DAYS: setting(
    'Messages',
    count(90, 36_500),
    'Mail and text messages are removed so many days after they were written, whatever became of them.',
  ),
  TWILIO_ACCOUNT_SID: setting(
    'Messages',
    optional,
    'Twilio account for text messages. Unset: messages are kept and not sent.',
  ),
  TWILIO_AUTH_TOKEN: setting('Messages', optional, 'Its auth token.', true),
  TWILIO_FROM: setting(
    'Messages',
    optional,
    'Sender (E.164) or messaging service (MG…) where the agent has no number of its own that may send.',
  ),
  TWILIO_API_URL: setting(
    'Messages',
    z.string().trim().min(1).default('https://api.twilio.com'),
    'Base URL of Twilio’s REST API.',
  ),
  TELNYX_API_URL: setting(
    'Messages',
    z.string().trim().min(1).default('https://api.telnyx.com'),
    'Base URL of Telnyx’s API, for buying numbers.',
  ),
  VONAGE_API_URL: setting(
    'Messages',
    z.string().trim().min(1).default('https://rest.nexmo.com'),
    'Base URL of Vonage’s Numbers API.',
  ),

  REQUIRE_CONFIRMED_EMAIL: setting(
    'Accounts',
    z.enum(['auto', 'true', 'false']).default('auto'),
    'true: nobody signs in before they have confirmed their address by the mailed link. auto: true with SMTP_URL.',
  ),
  CONTROL_PLANE_URL: setting(
    'Internal',
    optional,
    'Where workers reach the control plane. Default: http://127.0.0.1:PORT.',
  ),
  INTERNAL_TOKEN: setting(
    'Internal',
    optional,
    'Shared secret between workers and control plane. Generated once into the data folder.',
    true,
  ),
  GOOGLE_CLIENT_ID: setting(
    'Accounts',
    optional,
    'OAuth client of the pages. Unset: nobody signs in with Google.',
  ),
  GOOGLE_JWKS_URL: setting(
    'Accounts',
    z.url().default('https://www.googleapis.com/oauth2/v3/certs'),
    'Where Google publishes the keys of its ID tokens.',
  ),
  GOOGLE_ISSUER: setting('Accounts', z.url().default('https://accounts.google.com'), 'Who signs them.'),
  OIDC_ISSUER: setting(
    'Accounts',
    optional,
    'Issuer (iss) of another sign-in service, whose access tokens are taken as bearer tokens. Supabase: https://PROJECT.supabase.co/auth/v1.',
  ),
  OIDC_AUDIENCE: setting('Accounts', optional, 'Its audience (aud); Supabase: authenticated. Unset: any.'),
  OIDC_JWKS_URL: setting('Accounts', optional, 'Its keys. Default: OIDC_ISSUER/.well-known/jwks.json.'),
  OIDC_SECRET: setting(
    'Accounts',
    optional,
    'Its shared secret (HS256), where it has no keys to publish.',
    true,
  ),
  AUTH_SECRET: setting(
    'Internal',
    optional,
    'Signs access tokens (HS256). Generated once into the data folder.',
    true,
  ),
  ENCRYPTION_KEY: setting(
    'Internal',
    optional.refine(
      (key) => key === undefined || Buffer.from(key, 'base64').length === 32,
      'must be 32 bytes in base64',
    ),
    '32 bytes in base64: seals secrets at rest. Generated once into the data folder.',
    true,
  ),
  ALLOWED_PRIVATE_HOSTS: setting(
    'Internal',
    z.string().default(''),
    'Comma-separated host:port that custom functions may reach although private.',
  ),
} as const;

export type Env = { readonly [K in keyof typeof settings]: z.output<(typeof settings)[K]['schema']> };
