import { voice } from '@livekit/agents';
import type { ToolKit } from './tool-kit.ts';

/**
 * Reports what a model called and nobody carried out: a function that does not exist, arguments that are no JSON. The
 * framework tells the model; without this nobody else would know.
 */
export function reportUnknownCalls(
  session: Pick<voice.AgentSession, 'on'>,
  { uses, events }: Pick<ToolKit, 'uses' | 'events'>,
): void {
  session.on(voice.AgentSessionEventTypes.FunctionToolsExecuted, ({ functionCalls, functionCallOutputs }) => {
    for (const [index, { callId, name, args }] of functionCalls.entries()) {
      if (uses.take(callId)) continue;
      // In the same order; of calls with the same id each has its own.
      const output = functionCallOutputs[index];
      events.emit({ type: 'tool.called', toolCallId: callId, name, arguments: args });
      events.emit({
        type: 'tool.returned',
        ...{ toolCallId: callId, name, ok: false, durationMs: 0 },
        result: output?.output ?? 'not carried out',
      });
    }
  });
}
