import { z } from 'zod';
import { listTrunks, setTrunkLimits, type Trunk, trunkFields } from '../../../../core/numbers/index.ts';
import { route } from '../../../http/route.ts';

const trunkOut = z
  .object({
    trunk: z.string().meta({ description: '`user@host:port`, or `host:port` where there is no user.' }),
    metrics_label: z.string().meta({ description: 'Its name in GET /reports/workload.' }),
    phone_numbers: z.array(z.string()),
    calls_per_second: z.number().nullable(),
    max_channels: z.number().int().nullable(),
  })
  .meta({ id: 'Trunk', description: 'Null: the usual limit of the installation.' });

const presentTrunk = ({
  trunk,
  label,
  numbers,
  callsPerSecond,
  maxChannels,
}: Trunk): z.input<typeof trunkOut> => ({
  ...{
    trunk,
    metrics_label: label,
    phone_numbers: [...numbers],
    calls_per_second: callsPerSecond,
    max_channels: maxChannels,
  },
});

const list = route({
  method: 'get',
  path: '/trunks',
  operationId: 'listTrunks',
  summary: 'The trunks of the workspace’s numbers, with what their carriers grant',
  auth: 'member',
  status: 200,
  returns: z.array(trunkOut),
  handle: async ({ ctx }) => (await listTrunks(ctx, {})).map(presentTrunk),
});

const setLimits = route({
  method: 'put',
  path: '/trunks/{trunk}',
  operationId: 'setTrunkLimits',
  summary: 'Say what a carrier grants: calls per second, and calls at once',
  description: 'Campaigns keep to it within a second. Null takes a limit back: the usual one counts again.',
  auth: 'developer',
  keyScope: 'numbers:write',
  status: 200,
  params: z.object({ trunk: z.string().min(1).max(600) }),
  body: z
    .object({ calls_per_second: trunkFields.callsPerSecond, max_channels: trunkFields.maxChannels })
    .meta({ id: 'TrunkLimits' }),
  returns: trunkOut,
  handle: async ({ ctx, params, body }) =>
    presentTrunk(
      await setTrunkLimits(ctx, {
        ...{ trunk: params.trunk, callsPerSecond: body.calls_per_second, maxChannels: body.max_channels },
      }),
    ),
});

export const trunkRoutes = [list, setLimits];
