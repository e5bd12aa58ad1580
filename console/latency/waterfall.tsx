import type { Parts } from './api.ts';

interface Bar {
  readonly label: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** What was measured: part of it may be from before the last word, when the reply was begun ahead of the end. */
  readonly ms: number;
}

/**
 * Where the time of a turn went, from the caller's last word (left) to the agent's first sound. Recogniser and end of
 * turn are waited for at once; model and voice follow each other up to the first sound.
 */
export function Waterfall({ parts, scaleMs }: { readonly parts: Parts; readonly scaleMs: number }) {
  const bars = barsOf(parts);
  if (bars.length === 0) return <p className="status">Nothing was measured in this turn.</p>;
  const width = Math.max(scaleMs, ...bars.map(({ toMs }) => toMs), 1);
  return (
    <table className="waterfall">
      <tbody>
        {bars.map(({ label, fromMs, toMs, ms }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td className="lane">
              <span
                className="bar"
                style={{
                  marginInlineStart: `${(100 * fromMs) / width}%`,
                  inlineSize: `${Math.max(0.5, (100 * (toMs - fromMs)) / width)}%`,
                }}
              />
            </td>
            <td className="ms">{Math.round(ms)} ms</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function barsOf(parts: Parts): Bar[] {
  const { transcription_ms: words, end_of_turn_ms: end, total_ms: total } = parts;
  const { llm_first_token_ms: token, tts_first_byte_ms: sound } = parts;
  const bars: Bar[] = [];
  const add = (label: string, fromMs: number, toMs: number) => {
    if (toMs > fromMs) bars.push({ label, fromMs: Math.max(0, fromMs), toMs, ms: toMs - fromMs });
  };
  add('Recogniser', 0, words ?? 0);
  add('End of turn', 0, end ?? 0);
  if (total === null) return bars;
  const spokenAt = total - (sound ?? 0);
  if (token !== null) add('Model', spokenAt - token, spokenAt);
  if (sound !== null) add('Voice', spokenAt, total);
  add('In all', 0, total);
  return bars;
}
