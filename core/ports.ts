import type { BlobStore } from '../platform/blob-store.ts';
import type { ControlCommand, SupervisorMode } from './calls/control/command.ts';
import type { CallPlan } from './calls/plan.ts';
import type { CarrierAccount } from './carriers/account.ts';
import type { HostHeartbeat } from './fleet.ts';

/**
 * What the product's operations need from the outside. The adapters live with the processes; tests bring one fake each.
 */
export interface Ports {
  readonly rooms: Rooms;
  readonly fleet: Fleet;
  readonly liveControl: LiveControl;
  /** Bytes too many for a row. */
  readonly blobs: BlobStore;
  /** Null: no provider of embeddings is configured, and knowledge is searched by words only. */
  readonly embedder: Embedder | null;
  readonly voices: Voices;
  /** Whether a provider's name leads to the speech gateway of this installation, for no key of it is here. */
  readonly isLocalSpeech: (stage: 'stt' | 'tts', provider: string) => boolean;
  /** Null: no real model is configured; the scripted one cannot judge a call. */
  readonly languageModel: LanguageModel | null;
  readonly chatModel: ChatModel;
  /** host:port entries that functions of agents may reach although private. */
  readonly allowedHosts: readonly string[];
  /** Null: no carrier is configured, and messages are kept instead of sent. */
  readonly messenger: Messenger | null;
  readonly carriers: Carriers;
  readonly trunkProbe: TrunkProbe;
  /** The network of the machine that livekit-sip runs on. */
  readonly captures: { whyNot(): Promise<string | null> };
  /** Null: no mail server is configured, and mail is kept instead of sent. */
  readonly mailer: Mailer | null;
  /** Null: nobody signs in with Google here. */
  readonly google: IdentityProvider | null;
  /** Another service whose access tokens are taken as bearer tokens; null: none. */
  readonly foreign: (IdentityProvider & { readonly issuer: string }) | null;
}

export interface Mailer {
  /** Hands over one mail. Throws a MailError (core/mail/mail-error.ts). */
  send(mail: { readonly to: string; readonly subject: string; readonly text: string }): Promise<void>;
}

/** What an identity provider says about a person. */
export interface IdentityClaims {
  readonly subject: string;
  /** In lower case. */
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string;
}

export interface IdentityProvider {
  /** Throws unauthenticated for a token that is not valid, not for us, or not the provider's. */
  verify(idToken: string): Promise<IdentityClaims>;
}

/** What agents talk with in writing; a call's words go through the worker's own plugins. */
export interface ChatModel {
  /**
   * One reply, bit by bit. Throws a LanguageModelError whose message is fit for people; what came before it counts.
   */
  stream(request: {
    /** As an agent names it: `default` and `scripted/…` stand for what is configured here. */
    readonly model: string;
    readonly messages: readonly ModelMessage[];
    readonly tools: readonly {
      readonly name: string;
      readonly description: string;
      readonly parameters: Readonly<Record<string, unknown>>;
    }[];
    readonly temperature: number;
    readonly maxTokens: number;
    /** Until the first bit, and between two. */
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
  }): AsyncIterable<ModelDelta>;
}

export type ModelMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly ModelToolCall[] }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly content: string };

export interface ModelToolCall {
  readonly id: string;
  readonly name: string;
  /** As the model wrote it: JSON, or what it takes for JSON. */
  readonly arguments: string;
}

export type ModelDelta =
  | { readonly type: 'text'; readonly text: string }
  | ({ readonly type: 'tool_call' } & ModelToolCall);

export interface Messenger {
  /** Name of the carrier. */
  readonly carrier: string;
  /** Hands over one SMS. Throws a CarrierError (core/messaging/carrier-error.ts). */
  send(message: {
    /** E.164; null: the carrier's default sender. */
    readonly from: string | null;
    readonly to: string;
    readonly body: string;
  }): Promise<{ readonly carrierMessageId: string }>;
}

export interface Rooms {
  /**
   * A visitor's way into the room of a web call: joining with this token makes LiveKit create the room
   * and dispatch the agent with the plan. No network.
   */
  issueVisitorToken(input: {
    readonly plan: CallPlan;
    readonly identity: string;
    readonly name: string;
    readonly ttlMs: number;
  }): Promise<{ readonly token: string; readonly url: string }>;
  /** Who is in a room, by identity; nobody: there is no such room. Throws when LiveKit does not answer. */
  identities(roomName: string): Promise<readonly string[]>;
}

/** What an agent's session has answered to a command. */
export interface ControlAnswer {
  readonly applied: boolean;
  /** What was done, or why not. */
  readonly detail: string;
}

export interface LiveControl {
  /** Sends a command to the agent of a call. Null: nobody is there, or no answer has come in time. */
  send(input: {
    readonly roomName: string;
    readonly command: ControlCommand;
    readonly timeoutMs: number;
  }): Promise<ControlAnswer | null>;
  /** A supervisor's way into the room. No network. */
  issueToken(input: {
    readonly roomName: string;
    readonly identity: string;
    readonly mode: SupervisorMode;
    readonly ttlMs: number;
  }): Promise<{ readonly token: string; readonly url: string }>;
  /**
   * Takes the microphone of a supervisor who may only whisper, where no worker is left to keep their voice from the
   * others. Answers whether it did.
   */
  hushWhisperer(input: { readonly roomName: string; readonly identity: string }): Promise<boolean>;
}

export interface Embedder {
  /** Vectors of different names cannot be compared. */
  readonly model: string;
  /** A vector of length 1 for each text. Throws when the provider does not answer in time. */
  embed(
    texts: readonly string[],
    options: { readonly timeoutMs: number },
  ): Promise<readonly (readonly number[])[]>;
}

export interface Fleet {
  /** Worker hosts that have reported within the last five seconds. */
  hosts(): Promise<readonly HostHeartbeat[]>;
  /** The counter `livekit:active_calls`: rooms that LiveKit has open. */
  activeRooms(): Promise<number>;
}

export interface Voices {
  /**
   * Whether a provider of speech has a voice, and some that it has. Null: whoever speaks here takes any name, or the
   * provider does not tell. Throws, with words, when the provider is away.
   */
  look(
    provider: string,
    voice: string,
  ): Promise<{ readonly exists: boolean; readonly known: readonly string[] } | null>;
}

/** A chat model for work after a call; what is said during one goes through the worker's own plugins. */
export interface LanguageModel {
  /**
   * One answer, asked for as JSON. Throws a LanguageModelError (core/language-model-error.ts) whose message is fit for
   * people: refused, too slow, away, broken off.
   */
  complete(request: {
    readonly messages: readonly ChatMessage[];
    readonly maxTokens: number;
    readonly timeoutMs: number;
  }): Promise<Completion>;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface Completion {
  readonly text: string;
  /** As the server names it. */
  readonly model: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** Where telephone numbers come from. */
export interface Carriers {
  /** Test numbers of this installation; they cost nothing. */
  readonly local: NumberCarrier;
  /** The installation's own account, for searching; null: it has none at this carrier. */
  installed(carrier: CarrierAccount['carrier']): Pick<NumberCarrier, 'search'> | null;
  /** With a workspace's account. */
  open(account: CarrierAccount): NumberCarrier;
}

/** Every method throws a CarrierFailure (core/carriers/carrier-failure.ts). */
export interface NumberCarrier {
  search(query: NumberQuery): Promise<readonly AvailableNumber[]>;
  /** Buys one number. */
  buy(e164: string): Promise<BoughtNumber>;
  /** A number that the account has already; null: it has not. */
  find(e164: string): Promise<BoughtNumber | null>;
  /** Gives a number back; one that is gone already is fine. */
  release(number: { readonly e164: string; readonly carrierNumberId: string }): Promise<void>;
}

export interface NumberQuery {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** National destination code, for example 415. */
  readonly areaCode: string | null;
  /** Digits that the number has in it. */
  readonly contains: string | null;
  readonly limit: number;
}

export interface AvailableNumber {
  readonly e164: string;
  readonly country: string;
  readonly region: string | null;
  readonly locality: string | null;
  /** A decimal, in `currency`; null: the carrier does not say. */
  readonly monthlyPrice: string | null;
  readonly currency: string | null;
}

/** A number at its carrier, and the SIP trunk that its calls take. */
export interface BoughtNumber {
  readonly carrierNumberId: string;
  readonly sipAddress: string;
  readonly authUsername: string;
  readonly authPassword: string;
  readonly allowedAddresses: readonly string[];
}

export interface TrunkProbe {
  /** Sends one SIP OPTIONS and says what came of it. Does not throw. */
  options(target: {
    readonly sipAddress: string;
    readonly transport: 'auto' | 'udp' | 'tcp' | 'tls';
  }): Promise<TrunkAnswer>;
}

export interface TrunkAnswer {
  /** refused: somebody is there and says no. silent: nobody was reached. */
  readonly outcome: 'answered' | 'refused' | 'silent';
  /** Status of the answer, if one came. */
  readonly status: number | null;
  readonly tookMs: number;
  /** One sentence or two: what happened, what to do. */
  readonly detail: string;
}
