import { setTimeout as sleep } from 'node:timers/promises';
import { chanceOf } from '../../../core/campaigns/simulation/chance.ts';
import { answerAfter, busy, declined } from '../../../simulate/softphone/callee.ts';
import type { Invite } from '../../../simulate/softphone/invite.ts';
import { Softphone } from '../../../simulate/softphone/softphone.ts';

/** One call that came in: what a callee knows, whatever the product thinks. */
export interface Rang {
  readonly number: string;
  readonly callId: string;
  readonly atMs: number;
}

/** People on a real SIP port. What each of them does follows from seed, number and how often it rang there. */
export class CalleeFarm {
  readonly phone: Softphone;
  readonly #rang: Rang[] = [];
  readonly #seed: string;

  private constructor(phone: Softphone, seed: string) {
    this.phone = phone;
    this.#seed = seed;
    phone.onInvite((invite) => this.#receive(invite));
  }

  static async open(seed: string): Promise<CalleeFarm> {
    return new CalleeFarm(await Softphone.listen({ user: 'farm' }), seed);
  }

  get rang(): readonly Rang[] {
    return this.#rang;
  }

  rangAt(number: string): Rang[] {
    return this.#rang.filter((one) => one.number === number);
  }

  close(): Promise<void> {
    return this.phone.close();
  }

  #receive(invite: Invite): void | Promise<void> {
    const { to: number, callId } = invite;
    if (!this.#rang.some((one) => one.callId === callId))
      this.#rang.push({ number, callId, atMs: Date.now() });
    const mood = chanceOf(this.#seed, number, this.rangAt(number).length)();
    if (mood < 0.2) return busy()(invite);
    if (mood < 0.35) return declined(603)(invite);
    return answerAfter(300, async (call) => {
      // Until the agent has said something; an agent that was killed never will.
      const heard = call.heardSpeech({ afterMs: 0, minMs: 200, timeoutMs: 20_000 }).catch(() => undefined);
      await Promise.race([heard, call.ended]);
      await sleep(200);
      if (!call.end) await call.hangup().catch(() => undefined);
    })(invite);
  }
}
