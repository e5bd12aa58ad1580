import { sendJson } from '../../http/body.ts';
import type { HttpRoute } from '../../http/route.ts';

/** The one voice there is; every other voice id is spoken by it too. */
const voice = {
  voice_id: 'joe',
  name: 'Joe',
  category: 'premade',
  description: 'Local Piper voice (en_US, medium). Speaks for every voice id.',
  labels: { accent: 'american', gender: 'male', language: 'en', use_case: 'conversational' },
  samples: null,
  settings: null,
  preview_url: null,
  available_for_tiers: [],
  high_quality_base_model_ids: [],
  fine_tuning: { is_allowed_to_fine_tune: false, state: {} },
};

export const voiceList: HttpRoute[] = [
  {
    method: 'GET',
    path: '/v1/voices',
    handle: async ({ response }) => sendJson(response, 200, { voices: [voice] }),
  },
  {
    method: 'GET',
    path: '/v2/voices',
    handle: async ({ response }) =>
      sendJson(response, 200, { voices: [voice], has_more: false, total_count: 1, next_page_token: null }),
  },
  {
    method: 'GET',
    path: '/v1/voices/:voice',
    handle: async ({ response, params }) =>
      sendJson(response, 200, { ...voice, voice_id: params.voice ?? voice.voice_id }),
  },
];
