import type { voice } from '@livekit/agents';
import type { Departures } from './departures.ts';
import type { Outcome } from './outcome.ts';
import type { TurnReport } from './turn-report.ts';

type Words = Pick<voice.SpeechHandle, 'interrupted' | 'addDoneCallback'>;

interface Around {
  readonly outcome: Pick<Outcome, 'ending' | 'finish'>;
  readonly turns: Pick<TurnReport, 'answered'>;
  readonly departures: Departures;
  readonly sayGoodbye: () => Words | undefined;
}

/**
 * Hangs up when the agent has said what it is saying, or a goodbye when that was nothing. Somebody who cuts in still
 * wants something: the call goes on. Answers, in words for the model, what is in the way.
 */
export function hangUpAfter(
  speech: Words,
  { outcome, turns, departures, sayGoodbye }: Around,
): string | undefined {
  if (departures.current === 'hang_up') return undefined;
  const stay = departures.begin('hang_up');
  if (typeof stay === 'string') return stay;
  const whenSaid = (words: Words, next: () => void) =>
    words.addDoneCallback(() => {
      if (outcome.ending) return;
      if (words.interrupted) stay();
      else next();
    });
  const hangUp = () => outcome.finish('agent_hung_up', 'The agent ended the call.');
  whenSaid(speech, () => {
    const goodbye = turns.answered ? undefined : sayGoodbye();
    if (goodbye) whenSaid(goodbye, hangUp);
    else hangUp();
  });
  return undefined;
}
