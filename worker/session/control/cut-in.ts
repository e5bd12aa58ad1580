import type { voice } from '@livekit/agents';

/** The agent falls silent; one that is to be heard out (a consent line, an agent without interruptions) goes on. */
export async function cutIn(session: voice.AgentSession): Promise<void> {
  try {
    await session.interrupt().await;
  } catch {
    // Thrown for a speech that allows no interruptions; what is asked for next comes after it.
  }
}
