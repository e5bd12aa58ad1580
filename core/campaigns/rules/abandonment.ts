/**
 * Abandoned: a person answered and heard no agent within two seconds. 16 CFR 310.4(b)(4): at most 3 % of the calls
 * that people answered, for each campaign, over 30 days.
 */
export const abandonWindowDays = 30;
export const abandonSlowShare = 0.025;
export const abandonStopShare = 0.03;

interface AbandonMeter {
  /** Over 30 days. */
  readonly liveAnswered: number;
  readonly abandoned: number;
}

/**
 * What the meter of a campaign asks for: full speed, care (2.5 %, or the next one would be too many), or a halt (3 %).
 * One abandoned call is never too many, or the first mishap would stop a young campaign for a month.
 */
export function abandonState({ liveAnswered, abandoned }: AbandonMeter): 'ok' | 'slow' | 'stop' {
  if (abandoned === 0) return 'ok';
  if (abandoned > 1 && abandoned >= liveAnswered * abandonStopShare) return 'stop';
  const next = abandoned + 1 > (liveAnswered + 1) * abandonStopShare;
  return next || abandoned >= liveAnswered * abandonSlowShare ? 'slow' : 'ok';
}

/** Whether the law was broken; what the judge asks. */
export const isOverAbandoned = ({ liveAnswered, abandoned }: AbandonMeter): boolean =>
  abandoned > Math.max(1, liveAnswered * abandonStopShare);
