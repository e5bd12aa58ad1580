/**
 * What vendors ask for the work of a call, in millionths of a dollar. List prices without a contract, as their price
 * pages had them in June 2026: openai.com/api/pricing, deepgram.com/pricing (streaming), elevenlabs.io/pricing/api. A
 * call keeps the version that it was priced with; whoever changes a price makes a new version.
 */
export const priceTable = { version: '2026-06', currency: 'USD' } as const;

export type Unit = 'input_tokens' | 'cached_input_tokens' | 'output_tokens' | 'audio_ms' | 'characters';

/** So many millionths for so many units. */
interface Price {
  readonly micros: number;
  readonly per: number;
}
type Prices = Readonly<Partial<Record<Unit, Price>>>;

const tokens = (input: number, cached: number, output: number): Prices => ({
  input_tokens: { micros: input, per: 1_000_000 },
  cached_input_tokens: { micros: cached, per: 1_000_000 },
  output_tokens: { micros: output, per: 1_000_000 },
});
const minute = (micros: number): Prices => ({ audio_ms: { micros, per: 60_000 } });
const thousand = (micros: number): Prices => ({ characters: { micros, per: 1_000 } });
const free: Price = { micros: 0, per: 1 };
const nothing: Prices = {
  ...{ input_tokens: free, cached_input_tokens: free, output_tokens: free },
  ...{ audio_ms: free, characters: free },
};

/**
 * The longest beginning of `stage/provider/model` that fits decides; models carry dates and voices behind their name.
 */
const prices: Readonly<Record<string, Prices>> = {
  'llm/local/': nothing,
  'stt/local/': nothing,
  'tts/local/': nothing,
  'llm/openai/gpt-4o': tokens(2_500_000, 1_250_000, 10_000_000),
  'llm/openai/gpt-4o-mini': tokens(150_000, 75_000, 600_000),
  'llm/openai/gpt-4.1': tokens(2_000_000, 500_000, 8_000_000),
  'llm/openai/gpt-4.1-mini': tokens(400_000, 100_000, 1_600_000),
  'llm/openai/gpt-4.1-nano': tokens(100_000, 25_000, 400_000),
  'llm/openai/gpt-5': tokens(1_250_000, 125_000, 10_000_000),
  'llm/openai/gpt-5-mini': tokens(250_000, 25_000, 2_000_000),
  'llm/openai/gpt-5-nano': tokens(50_000, 5_000, 400_000),
  'stt/openai/whisper-1': minute(6_000),
  'stt/openai/gpt-4o-transcribe': minute(6_000),
  'stt/openai/gpt-4o-mini-transcribe': minute(3_000),
  'stt/deepgram/nova-3': minute(7_700),
  'stt/deepgram/nova-2': minute(5_800),
  'tts/openai/tts-1': thousand(15_000),
  'tts/openai/tts-1-hd': thousand(30_000),
  'tts/deepgram/aura-2': thousand(30_000),
  'tts/elevenlabs/eleven_flash': thousand(50_000),
  'tts/elevenlabs/eleven_turbo': thousand(50_000),
  'tts/elevenlabs/eleven_multilingual': thousand(100_000),
};

/** What stands behind a model's name without making it another model: a date, a language, a version, a voice. */
const behindName = /^(?:$|[-_](?:\d|v\d|general|phonecall|preview|latest|[a-z]+-[a-z]{2}$))/;

/** What so much of a unit costs; null: nobody here knows. */
export function priceOf(
  { stage, provider, model }: { stage: string; provider: string; model: string },
  unit: Unit,
  quantity: number,
): number | null {
  const id = `${stage}/${provider}/${model}`;
  const name = Object.keys(prices)
    .filter((one) => (one.endsWith('/') ? id.startsWith(one) : isOf(id, one)))
    .sort((a, b) => b.length - a.length)[0];
  const price = name === undefined ? undefined : prices[name]?.[unit];
  return price === undefined ? null : Math.round((quantity * price.micros) / price.per);
}

const isOf = (id: string, name: string): boolean =>
  id.startsWith(name) && behindName.test(id.slice(name.length));
