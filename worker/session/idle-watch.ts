import type { AgentDefinition } from '../../core/agents/definition.ts';

interface IdleHooks {
  readonly say: (text: string) => void;
  readonly hangUp: (silentMs: number) => void;
  /** Something is under way that must not be talked into: a transfer. */
  readonly isBusy: () => boolean;
}

/**
 * Counts the silence of a call: after `promptAfterMs` the next prompt is said, after `hangUpAfterMs` the call ends. Our
 * own prompts do not end the silence of the caller; any other word of caller or agent does.
 */
export class IdleWatch {
  readonly #idle: AgentDefinition['idle'];
  readonly #hooks: IdleHooks;
  #prompted = 0;
  #ownWords = false;
  #promptTimer: NodeJS.Timeout | undefined;
  #hangUpTimer: NodeJS.Timeout | undefined;
  #silentSince = 0;

  constructor(idle: AgentDefinition['idle'], hooks: IdleHooks) {
    this.#idle = idle;
    this.#hooks = hooks;
  }

  /** The caller speaks, or presses a key. */
  callerActive(): void {
    this.#prompted = 0;
    this.#ownWords = false;
    this.stop();
  }

  /** The agent thinks or speaks. */
  agentActive(): void {
    clearTimeout(this.#promptTimer);
    if (!this.#ownWords) this.stop();
  }

  /** Nobody speaks and nothing is being thought about. */
  quiet(): void {
    this.#ownWords = false;
    const { promptAfterMs, prompts, hangUpAfterMs } = this.#idle;
    if (this.#silentSince === 0) {
      this.#silentSince = Date.now();
      if (hangUpAfterMs > 0) this.#hangUpTimer = setTimeout(() => this.#end(), hangUpAfterMs);
    }
    clearTimeout(this.#promptTimer);
    if (this.#prompted < prompts.length) this.#promptTimer = setTimeout(() => this.#prompt(), promptAfterMs);
  }

  stop(): void {
    clearTimeout(this.#promptTimer);
    clearTimeout(this.#hangUpTimer);
    this.#silentSince = 0;
  }

  #prompt(): void {
    const text = this.#idle.prompts[this.#prompted];
    if (text === undefined || this.#hooks.isBusy()) {
      this.quiet();
      return;
    }
    this.#prompted++;
    this.#ownWords = true;
    this.#hooks.say(text);
  }

  #end(): void {
    const silentMs = Date.now() - this.#silentSince;
    if (this.#hooks.isBusy()) {
      this.stop();
      this.quiet();
    } else this.#hooks.hangUp(silentMs);
  }
}
