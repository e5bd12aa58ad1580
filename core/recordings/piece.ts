import { z } from 'zod';

/** One piece of a recording as a worker hands it over; the body of the request is a WAV file of two channels. Pure. */
export const pieceParams = z.object({
  callId: z.uuid(),
  epoch: z.coerce.number().int().min(1).max(1_000_000),
  seq: z.coerce.number().int().min(1).max(1_000_000),
});
export const pieceQuery = z.object({
  /** Epoch ms at which the stretch began that the piece belongs to. */
  stretch: z.coerce.number().int().min(0).max(8_640_000_000_000),
  /** Samples of the stretch before the piece. */
  offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  last: z.enum(['true', 'false']).transform((text) => text === 'true'),
});
export type PieceParams = z.output<typeof pieceParams>;
export type PieceQuery = z.output<typeof pieceQuery>;

/** A worker's piece has about a minute, 3.8 MB. */
export const pieceLimitBytes = 16_000_000;

/** PUT {controlPlane}{piecePath} (Bearer INTERNAL_TOKEN, audio/wav): 204, also for a piece that is there already. */
export const piecePath = (piece: PieceParams, { stretch, offset, last }: PieceQuery): string =>
  `/internal/recordings/${piece.callId}/${piece.epoch}/${piece.seq}?stretch=${stretch}&offset=${offset}&last=${last}`;
