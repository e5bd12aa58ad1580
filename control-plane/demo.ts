import type { Redis } from 'ioredis';
import { z } from 'zod';
import { route } from './http/route.ts';
import { type Surface, surface } from './http/surface.ts';

const bookingsKey = 'trunkline:demo:bookings';
const kept = 100;

const booking = z
  .object({
    reference: z.string(),
    name: z.string(),
    date: z.string(),
    time: z.string(),
    made_at: z.string(),
  })
  .meta({ id: 'DemoBooking' });

const request = z.object({
  name: z.string().trim().min(1, 'who is it for?').max(200),
  date: z.string().trim().min(1, 'which day?').max(100),
  time: z.string().trim().min(1, 'at what time?').max(100),
});

export interface DemoBookings {
  readonly surface: Surface;
}

/** The booking book of the demo receptionist: what a business would answer to its agent's custom function. */
export function demoBookings(redis: Redis): DemoBookings {
  const book = route({
    method: 'post',
    path: '/demo/bookings',
    operationId: 'createDemoBooking',
    summary: 'Take a booking (the demo agent’s custom function)',
    auth: 'public',
    status: 200,
    body: request,
    returns: booking.extend({ confirmed: z.literal(true), message: z.string() }),
    limit: { name: 'demo', points: 120, durationMs: 60_000 },
    handle: async ({ body }) => {
      const count = await redis.incr(`${bookingsKey}:count`);
      const made = { ...body, reference: `B${1000 + count}`, made_at: new Date().toISOString() };
      await redis
        .multi()
        .lpush(bookingsKey, JSON.stringify(made))
        .ltrim(bookingsKey, 0, kept - 1)
        .exec();
      return {
        ...made,
        confirmed: true as const,
        message: `Booked for ${body.name} on ${body.date} at ${body.time}.`,
      };
    },
  });
  const list = route({
    method: 'get',
    path: '/demo/bookings',
    operationId: 'listDemoBookings',
    summary: 'The latest hundred demo bookings, newest first',
    auth: 'public',
    status: 200,
    returns: z.object({ items: z.array(booking) }),
    handle: async () => {
      const rows = await redis.lrange(bookingsKey, 0, kept - 1);
      return { items: rows.map((row) => booking.parse(JSON.parse(row))) };
    },
  });
  return {
    surface: surface({
      name: 'demo',
      description: 'The demo agent’s booking book.',
      prefixes: ['/demo'],
      security: [],
      errorSchema: z.object({ detail: z.string(), errors: z.array(z.unknown()) }).meta({ id: 'DemoError' }),
      routes: [book, list],
      authenticate: async () => ({ actor: { kind: 'anonymous' }, workspaceId: null, role: null }),
      renderError: ({ message, fields }) => ({
        detail: message,
        errors: fields.map(({ path, message: text }) => ({ field: path, message: text })),
      }),
    }),
  };
}
