import type { llm } from '@livekit/agents';
import { noteTool } from '../../core/tools/notes.ts';
import { sharedTool, type ToolKit } from './tool-kit.ts';

/** Keeps fields among the events of the call. */
export const takeNoteTool = (kit: ToolKit): llm.FunctionTool =>
  sharedTool(
    kit,
    noteTool(kit.plan.definition, (fields, toolCallId) =>
      kit.events.emit({ type: 'note.taken', toolCallId, fields }),
    ),
  );
