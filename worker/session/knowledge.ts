import { llm } from '@livekit/agents';
import type { CallPlan } from '../../core/calls/plan.ts';
import { type FoundPassage, knowledgeAnswer, knowledgePath } from '../../core/knowledge/found-passage.ts';
import { questionIn, quotePassages } from '../../core/knowledge/quote-passages.ts';
import { background } from '../../platform/background.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';
import { within } from './within.ts';

/** A reply waits for knowledge so long and no longer. It begins while the end of the turn is still being decided. */
const defaultPatienceMs = 150;
/** What comes later than a reply can wait for still serves its next step (a function was called). */
const requestTimeoutMs = 2_000;
const maxPassages = 4;
const remembered = 8;

/** Looks things up in the agent's files for each turn of one call. */
export class Knowledge {
  readonly #url: string;
  readonly #token: string;
  readonly #agentId: string;
  readonly #log: Logger;
  readonly #answers = new Map<string, Promise<readonly FoundPassage[]>>();
  readonly #patienceMs: number;
  #complained = false;

  constructor(
    plan: Pick<CallPlan, 'agent'>,
    { controlPlaneUrl, secrets }: Pick<Config, 'controlPlaneUrl' | 'secrets'>,
    log: Logger,
    { patienceMs = defaultPatienceMs }: { patienceMs?: number } = {},
  ) {
    this.#url = controlPlaneUrl + knowledgePath;
    this.#token = secrets.internalToken;
    this.#agentId = plan.agent.id;
    this.#log = log;
    this.#patienceMs = patienceMs;
  }

  /** Opens the connection and lets the control plane load what it searches, before the first question. */
  warm(): void {
    background(this.#log, 'warming the knowledge', this.#ask('hello'));
  }

  /**
   * The context with passages for its last question, put before it; the context itself when there are none in time.
   * The given context is not changed: passages are for one reply.
   */
  async addTo(context: llm.ChatContext): Promise<llm.ChatContext> {
    const at = context.items.findLastIndex((item) => isSaid(item));
    const question = questionOf(context.items);
    if (at < 0 || question === '') return context;
    const passages = await within(this.#patienceMs, this.#ask(question));
    if (!passages || passages.length === 0) return context;
    const copy = context.copy();
    copy.items.splice(at, 0, llm.ChatMessage.create({ role: 'system', content: quotePassages(passages) }));
    return copy;
  }

  /** One request for each question, however many steps its reply has. Never rejects. */
  #ask(question: string): Promise<readonly FoundPassage[]> {
    const known = this.#answers.get(question);
    if (known) return known;
    const asked = this.#request(question).catch((error: unknown) => {
      this.#answers.delete(question);
      if (!this.#complained) this.#log.warn({ err: error }, 'the knowledge cannot be asked');
      this.#complained = true;
      return [];
    });
    this.#answers.set(question, asked);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > remembered && oldest !== undefined) this.#answers.delete(oldest);
    return asked;
  }

  async #request(question: string): Promise<readonly FoundPassage[]> {
    const startedAt = Date.now();
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        agentId: this.#agentId,
        question,
        limit: maxPassages,
        embeddingTimeoutMs: Math.max(20, this.#patienceMs - 30),
      }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    if (!response.ok) throw new Error(`The control plane answered ${response.status}.`);
    const { passages } = knowledgeAnswer.parse(await response.json());
    this.#log.debug({ passages: passages.length, tookMs: Date.now() - startedAt }, 'knowledge looked up');
    return passages;
  }
}

const isSaid = (item: llm.ChatItem): item is llm.ChatMessage =>
  item.type === 'message' && item.role === 'user' && Boolean(item.textContent?.trim());

const questionOf = (items: readonly llm.ChatItem[]): string =>
  questionIn(items.filter(isSaid).map((item) => item.textContent?.trim() ?? ''));
