import type { llm } from '@livekit/agents';
import { expect, test, vi } from 'vitest';
import { createLogger } from '../../platform/log.ts';
import { type Departure, Departures } from '../session/departures.ts';
import type { ToolKit } from './tool-kit.ts';
import { ToolUses } from './tool-uses.ts';
import { transferCallTool } from './transfer-call.ts';

const sales = { name: 'Sales', number: '+14155550101', mode: 'warm', description: '' } as const;

function rig(ok: boolean) {
  const transfer = vi.fn<ToolKit['transfer']>(async () =>
    ok ? { ok, stays: true, name: 'Sales' } : { ok, reason: 'Nobody answered.' },
  );
  const departures = new Departures();
  const kit = {
    plan: { epoch: 2 },
    events: { emit: () => undefined },
    log: createLogger('test', { level: 'silent' }),
    uses: new ToolUses(),
    depart: (kind: Departure) => departures.begin(kind),
    transfer,
  } as unknown as ToolKit;
  const speechHandle = { interrupted: false, allowInterruptions: true };
  const tool = transferCallTool(kit, [sales]);
  const use = (target = 'Sales') =>
    tool.execute({ target }, {
      ctx: { speechHandle, waitForPlayout: async () => expect(speechHandle.allowInterruptions).toBe(false) },
      toolCallId: 'call_0',
    } as unknown as llm.ToolOptions);
  return { use, speechHandle, transfer, keys: () => transfer.mock.calls.map(([order]) => order.requestKey) };
}

test('the caller may cut in again once the transfer has failed, or three are on the line', async () => {
  for (const ok of [true, false]) {
    const { use, speechHandle } = rig(ok);
    await Promise.resolve(use()).catch(() => undefined);
    expect(speechHandle.allowInterruptions).toBe(true);
  }
});

test('a model that repeats the id of its call asks for another transfer', async () => {
  const { use, keys } = rig(true);
  await use();
  await use();
  expect(keys()).toEqual(['2-1-call_0', '2-2-call_0']);
});

test.each(['+19005550123', 'sip:me@elsewhere.example', 'the moon'])(
  'a caller who talks the model into "%s" is not put through',
  async (target) => {
    const { use, transfer } = rig(true);
    await expect(use(target)).rejects.toThrow('Sales');
    expect(transfer).not.toHaveBeenCalled();
  },
);

test('a target is meant by its number too, and the first one by nothing', async () => {
  const { use, transfer } = rig(true);
  await use(sales.number);
  await use('');
  expect(transfer.mock.calls.map(([order]) => order.target)).toEqual([sales.number, '']);
});
