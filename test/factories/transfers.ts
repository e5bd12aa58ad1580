import { eq } from 'drizzle-orm';
import { recordEvents, startInboundCall } from '../../core/calls/index.ts';
import { startTransfer } from '../../core/calls/transfers/index.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import type { TestContext } from '../harness/context.ts';
import { conversation, eventsOf } from './events.ts';
import { newAgent, newLine } from './lines.ts';
import { newPerson } from './people.ts';

export const caller = '+14155550901';
export const desk = '+14155550902';
let rooms = 0;

/** A caller in conversation with an agent who may put them through. */
export async function liveCall(
  t: TestContext,
  targets: object[] = [{ name: 'Desk', number: desk, mode: 'warm' }],
) {
  const { ctx } = await newPerson(t);
  const agent = await newAgent(ctx, { definition: { transferTargets: targets as never } });
  const line = await newLine(t, ctx, agent.id);
  await t.db.update(phoneNumbers).set({ outboundTrunkId: 'ST_1' }).where(eq(phoneNumbers.id, line.id));
  const roomName = `inbound_${caller}_${++rooms}`;
  const { callId } = await startInboundCall(t.system(), { phoneNumberId: line.id, roomName });
  const said = conversation().slice(0, -1);
  await recordEvents(t.system(), { events: eventsOf(callId, said) });
  const start = (change: Partial<Parameters<typeof startTransfer>[1]> = {}) =>
    startTransfer(t.system(), {
      ...{ callId, epoch: 1, requestKey: 'tool-1', target: 'desk', mode: 'warm' as const },
      ...change,
    });
  const begun = async () => {
    const answer = await start();
    if (!answer.ok) throw new Error(answer.reason);
    return answer.transferId;
  };
  return { ctx, agent, line, callId, said, start, begun };
}

/** The payloads of messages that are on their way. */
export const sent = async (t: TestContext, name: string) =>
  (await t.db.select().from(outbox).where(eq(outbox.name, name))).map(({ payload }) => payload);
