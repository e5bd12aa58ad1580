import { z } from 'zod';
import { type Gateway, limits } from '../../gateway.ts';
import { readJson, writeChunk } from '../../http/body.ts';
import { badRequest, Fault } from '../../http/fault.ts';
import type { HttpRoute } from '../../http/route.ts';
import { outputFormat } from './output-format.ts';

const streamBody = z.looseObject({
  text: z.string(),
  voice_settings: z.looseObject({ speed: z.number().min(0.25).max(4).nullish() }).nullish(),
});

/** `POST /v1/text-to-speech/{voice}/stream`, and without `/stream`: text in, audio out clause by clause. */
export const speechStreams = (gateway: Gateway): HttpRoute[] =>
  ['/v1/text-to-speech/:voice/stream', '/v1/text-to-speech/:voice'].map((path) => ({
    method: 'POST',
    path,
    heavy: true,
    handle: async ({ request, response, url, requestId, signal }) => {
      const format = outputFormat(url.searchParams);
      const body = streamBody.safeParse(await readJson(request, limits.jsonBytes));
      if (!body.success)
        throw badRequest(`${body.error.issues[0]?.path.join('.')}: ${body.error.issues[0]?.message}`);
      const { text, voice_settings } = body.data;
      if (text.trim() === '') throw badRequest('The text is empty.', 'text');
      if (text.length > limits.speechCharacters)
        throw new Fault(
          413,
          'text_too_long',
          `A text may have ${limits.speechCharacters} characters.`,
          'text',
        );
      const { synthesizer } = gateway;
      const speed = voice_settings?.speed ?? 1;
      const encoding = await format.begin();
      for await (const { samples } of synthesizer.speak({ text, speed, lane: requestId, signal })) {
        if (!response.headersSent) response.writeHead(200, { 'content-type': format.contentType });
        if (!(await writeChunk(response, encoding.encode(samples, synthesizer.sampleRate)))) return;
      }
      response.end(encoding.finish());
    },
  }));
