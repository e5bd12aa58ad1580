import { newId } from '../../../../platform/ids.ts';
import { agentDefinition } from '../../../agents/index.ts';
import { DomainError } from '../../../errors.ts';
import { trunkKey } from '../../../numbers/trunk-key.ts';
import type { Campaign } from '../../campaign.ts';
import { clearAttempts } from '../../engine/clear-attempts.ts';
import { costOf } from '../../engine/costs.ts';
import { isAbandoned } from '../../engine/day.ts';
import { type LookBooks, look } from '../../engine/look.ts';
import { meterOf } from '../../engine/meter.ts';
import { placeCalls } from '../../engine/placing.ts';
import { settleAttempts } from '../../engine/settle-attempts.ts';
import { slotsOf, trunkId } from '../../engine/survey.ts';
import type { AnsweredDay } from '../../ledger/index.ts';
import { statusAfter } from '../../state.ts';
import { ruleProblems } from '../../validate.ts';
import { people } from '../people.ts';
import { type Figures, judging, type Ran } from '../report.ts';
import type { SimulationSettings } from '../settings.ts';
import type { Town, World } from '../world.ts';
import { inOrder } from './in-order.ts';
import { MemoryBooks } from './memory-books.ts';

const sipAddress = 'sip.carrier.test';
const e164 = '+12025550100';

/** A campaign with all its people in memory. Throws invalid for one that could not be saved. */
export function memoryWorld(settings: SimulationSettings, town: Town): World {
  const books = new MemoryBooks(campaignOf(settings, town.nowMs()), {
    ...{ id: newId(), e164, trunk: trunkKey({ sipAddress, authUsername: '' }) },
  });
  addPeople(books, settings, town.nowMs());
  const reads = lookBooks(books, settings, town);
  return {
    // Nothing here can fail half-way.
    together: (work) => work(),
    look: (options) => look(reads, options),
    isRunning: async () => books.running.status === 'running',
    firstDue: async () => books.contacts.firstDue(),
    takePlaced: async () => books.dials.takePlaced(),
    clear: (callIds, atMs) => clearAttempts(books, callIds, atMs),
    dial: async () => {},
    cancel: async () => {},
    answer: async (answered) => {
      for (const { id, ...word } of answered) {
        const dial = books.dials.get(id);
        dial.call = { ...dial.call, ...word };
      }
    },
    optOut: async (callOf, atMs) => books.list(callOf.keys(), 'opt_out', callOf, atMs),
    end: async (ended, atMs) => {
      for (const call of ended) books.dials.endCall(books.dials.get(call.id), call);
      await settleAttempts(books, ended, atMs);
    },
    figures: async (ran) => figuresOf(books, ran),
    close: async () => {},
  };
}

/** What createCampaign and startCampaign make of the settings. */
function campaignOf(settings: SimulationSettings, atMs: number): Campaign {
  const { rules, retries, maxConcurrency, minutePriceMicros, budgetMicros } = settings;
  const period = { startsAt: null, endsAt: null };
  const fields = ruleProblems({ rules, ...period, budgetMicros, minutePriceMicros }, atMs);
  if (fields.length > 0) throw new DomainError('invalid', 'The campaign cannot work like this.', { fields });
  const at = new Date(atMs);
  return {
    ...{ id: newId(), workspaceId: newId(), agentId: newId(), slug: 'simulation', kind: 'campaign' },
    ...{ name: 'Simulation', status: 'running', statusReason: '', liveCalls: 'finish', ...period },
    ...{ rules, retries, maxConcurrency, callsPerSecond: null, weight: 100, localPresence: false },
    ...{ machinePolicy: 'agent', budgetMicros, minutePriceMicros, currency: 'USD', version: 1 },
    ...{ createdBy: null, reopening: null, startedAt: at, finishedAt: null, createdAt: at, updatedAt: at },
  };
}

function addPeople(books: MemoryBooks, settings: SimulationSettings, atMs: number): void {
  let n = 0;
  for (const { id, phone, windowKey, consent, listed } of people(settings)) {
    if (listed) books.list([phone], 'import', new Map(), atMs);
    // Each a millisecond after the one before: so it is told who is called first.
    books.contacts.add({ id, phone, windowKey, consent, nextAtMs: atMs - settings.contacts + n++ });
  }
}

/** There is one campaign, on one trunk. */
function lookBooks(books: MemoryBooks, settings: SimulationSettings, town: Town): LookBooks {
  const { id, workspaceId, minutePriceMicros } = books.running;
  const { trunk } = books.number;
  const lane = trunkId(workspaceId, trunk);
  const price = costOf(agentDefinition.parse({}).maxCallDurationMs, minutePriceMicros);
  const change = (changed: Partial<Campaign>) => {
    books.running = { ...books.running, ...changed };
  };
  return {
    advance: async (nowMs) => {
      const { contacts, running } = books;
      const left = contacts.count('waiting') + contacts.count('reserved') + contacts.count('dialing');
      if (running.status !== 'running' || left > 0) return;
      const statusReason = 'Everybody was dealt with.';
      change({ status: 'finished', statusReason, finishedAt: new Date(nowMs) });
    },
    running: async () => (books.running.status === 'running' ? [books.running] : []),
    meters: async (_, nowMs) => new Map([[id, meterOf(books.days, nowMs)]]),
    prices: async () => new Map([[id, price]]),
    openCosts: async () => new Map([[id, books.dials.openCosts]]),
    survey: async (_, limits) => {
      const { open } = books.dials;
      const { trunkCallsPerSecond: callsPerSecond, trunkChannels: channels } = limits;
      return {
        ...slotsOf(settings.slots, Math.max(town.callsOn(), open), limits),
        ...{ byWorkspace: new Map([[workspaceId, open]]), byCampaign: new Map([[id, open]]) },
        trunksOf: new Map([[id, [{ id: lane, trunk, workspaceId, callsPerSecond, channels, active: open }]]]),
      };
    },
    evidence: async (_, since) => new Map([[lane, books.dials.evidence(since)]]),
    halt: async (_, statusReason) => {
      const status = statusAfter(books.running.status, 'pause', books.running, town.nowMs());
      if (status) change({ status, statusReason });
    },
    reserve: (turn) => placeCalls(books, books.running, turn),
    // Nobody watches.
    pulse: async () => {},
  };
}

function figuresOf(books: MemoryBooks, ran: Ran): Figures {
  const { status, statusReason, currency } = books.running;
  const { id: campaignId, workspaceId } = books.running;
  const dials = new Map(
    [...books.dials.all()].map(({ id, phone, dialedAt, call: { endedAt } }) => [
      ...([id, { id, workspaceId, campaignId, phone, dialedAt, endedAt }] as const),
    ]),
  );
  const { range, found, violations } = judging(ran);
  const given = { rules: books.rules, days: answeredDays(books) };
  const judged = books.ledger.judge(range, dials, given, found);
  return {
    ...{ status, statusReason, currency, ...meterOf(books.days, ran.endMs) },
    states: books.contacts.states(),
    outcomes: outcomesOf(books, 'ended'),
    ...{ blocked: books.ledger.blocked(), withdrawn: outcomesOf(books, 'withdrawn') },
    talkMs: [...books.days.values()].reduce((sum, { talkMs }) => sum + talkMs, 0),
    judged: { ...judged, violations },
  };
}

function outcomesOf(books: MemoryBooks, state: 'ended' | 'withdrawn'): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const dial of books.dials.all())
    if (dial.state === state && dial.outcome !== null) counts[dial.outcome] = (counts[dial.outcome] ?? 0) + 1;
  return Object.fromEntries(inOrder(Object.entries(counts)));
}

/** Counted from the calls alone, as judgeAbandonment counts them. */
function answeredDays(books: MemoryBooks): AnsweredDay[] {
  const { id: campaignId, workspaceId } = books.running;
  const days = new Map<string, { liveAnswered: number; abandoned: number }>();
  for (const { call } of books.dials.all()) {
    const { answeredAt, firstWordAt, endedAt, disposition } = call;
    if (answeredAt === null || endedAt === null || disposition === null || disposition === 'voicemail')
      continue;
    const day = answeredAt.toISOString().slice(0, 10);
    const counted = days.get(day) ?? { liveAnswered: 0, abandoned: 0 };
    days.set(day, counted);
    counted.liveAnswered++;
    if (isAbandoned({ outcome: disposition, answeredAt, firstWordAt })) counted.abandoned++;
  }
  return inOrder(days).map(([day, counted]) => ({ campaignId, workspaceId, day, ...counted }));
}
