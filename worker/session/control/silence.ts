import type { llm, voice } from '@livekit/agents';
import type { CallParts } from '../parts.ts';

interface Said {
  readonly by: 'caller' | 'colleague';
  readonly text: string;
}

/** An agent that was told to keep silent: it listens on, says nothing, and later knows what was said. */
export class Silence {
  readonly #parts: CallParts;
  #session: voice.AgentSession | undefined;
  #muted: boolean;
  #takenOver: boolean;
  #held = false;
  #meanwhile: Said[] = [];
  readonly #isOnHold: () => boolean;

  /** @param isOnHold the caller hears music, and what the agent said now would be said into it */
  constructor(parts: CallParts, isOnHold: () => boolean = () => false) {
    this.#parts = parts;
    this.#isOnHold = isOnHold;
    // As the call was when its former worker was lost.
    this.#muted = parts.plan.silence?.muted ?? false;
    this.#takenOver = parts.plan.silence?.takenOver ?? false;
  }

  attach(session: voice.AgentSession): void {
    this.#session = session;
  }

  get on(): boolean {
    return this.#muted || this.#takenOver || this.#held;
  }

  /** The caller waits for somebody else: a turn of theirs that ended a moment before is kept, not answered. */
  get onHold(): boolean {
    return this.#isOnHold();
  }

  get takenOver(): boolean {
    return this.#takenOver;
  }

  mute(): void {
    this.#muted = true;
    this.#hush();
  }

  /** For a moment, whatever a supervisor asks meanwhile. */
  hold(): void {
    this.#held = true;
    this.#hush();
  }

  /** The end of a hold. Answers whether the agent may speak. */
  async release(): Promise<boolean> {
    this.#held = false;
    if (!this.on) await this.#catchUp('');
    return !this.on;
  }

  /** The agent has the caller again, and is told what they said when it could not answer. */
  async afterHold(): Promise<void> {
    if (!this.on) await this.#catchUp('');
  }

  takeOver(): void {
    this.#takenOver = true;
    this.#hush();
  }

  /** The agent may speak again, and does at the caller's next words. */
  async unmute(): Promise<void> {
    this.#muted = false;
    if (!this.on) await this.#catchUp('');
  }

  /** The agent goes on from what was said while a colleague had the caller; `note` is what the colleague adds. */
  async handBack(note: string): Promise<void> {
    this.#takenOver = false;
    this.#muted = false;
    await this.#catchUp(note);
  }

  /** A turn of the caller that nobody of the machine answers. */
  hearCaller(message: llm.ChatMessage): void {
    const text = message.rawTextContent?.trim() ?? '';
    if (text === '') return;
    const endedAt = Date.now();
    this.#parts.events.emit({ type: 'user.turn', text, startedAt: message.createdAt, endedAt });
    this.#meanwhile.push({ by: 'caller', text });
  }

  /** Whoever of ours the caller hears. While the agent talks itself, it is told at once. */
  async hearColleague(text: string): Promise<void> {
    this.#meanwhile.push({ by: 'colleague', text });
    if (!this.on) await this.#catchUp('');
  }

  #hush(): void {
    this.#session?.interrupt({ force: true });
  }

  async #catchUp(note: string): Promise<void> {
    const session = this.#session;
    const said = this.#meanwhile.splice(0);
    if (!session || (said.length === 0 && note === '')) return;
    await addToContext(session, (context) => {
      if (said.some(({ by }) => by === 'colleague'))
        context.addMessage({ role: 'system', content: introduction });
      for (const { by, text } of said)
        context.addMessage(
          by === 'caller'
            ? { role: 'user', content: text }
            : { role: 'assistant', content: `[a colleague] ${text}` },
        );
      if (note !== '')
        context.addMessage({ role: 'system', content: `Note of the colleague for you: ${note}` });
    });
  }
}

const introduction =
  'A colleague has talked with the caller. What follows was said meanwhile; go on from there and do not repeat it.';

/** Changes what the model knows of the conversation so far. */
export async function addToContext(
  session: voice.AgentSession,
  change: (context: llm.ChatContext) => void,
): Promise<void> {
  const agent = session.currentAgent;
  const context = agent.chatCtx.copy();
  change(context);
  await agent.updateChatCtx(context);
}
