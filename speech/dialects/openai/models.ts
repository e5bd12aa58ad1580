import type { Gateway } from '../../gateway.ts';
import { sendJson } from '../../http/body.ts';
import { Fault } from '../../http/fault.ts';
import type { HttpRoute } from '../../http/route.ts';

const model = (id: string) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'local' });

/** `GET /v1/models`: the dialogues, and the engines behind the audio endpoints. */
export const modelList = ({ dialogues }: Gateway): HttpRoute[] => {
  const ids = [
    ...[...dialogues.keys()].map((name) => `scripted/${name}`),
    'moonshine-tiny-en',
    'piper-en-us-joe',
  ];
  return [
    {
      method: 'GET',
      path: '/v1/models',
      handle: async ({ response }) => sendJson(response, 200, { object: 'list', data: ids.map(model) }),
    },
    ...['/v1/models/:id', '/v1/models/:folder/:id'].map(
      (path): HttpRoute => ({
        method: 'GET',
        path,
        handle: async ({ response, params }) => {
          const id = [params.folder, params.id].filter(Boolean).join('/');
          if (!ids.includes(id))
            throw new Fault(404, 'model_not_found', `The model '${id}' does not exist.`, 'model');
          sendJson(response, 200, model(id));
        },
      }),
    ),
  ];
};

/** `POST /v1/embeddings`: no local engine makes them. */
export const embeddings: HttpRoute = {
  method: 'POST',
  path: '/v1/embeddings',
  handle: async () => {
    throw new Fault(
      501,
      'not_implemented',
      'The local gateway has no embedding model: set OPENAI_API_KEY or OPENAI_BASE_URL.',
    );
  },
};
