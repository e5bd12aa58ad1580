const address = 'http://127.0.0.1:11434';

/** The OpenAI-compatible URL of an Ollama that runs here with at least one model. */
export async function findOllama(base = address): Promise<string | undefined> {
  try {
    const response = await fetch(`${base}/api/tags`, { signal: AbortSignal.timeout(300) });
    const body = (await response.json()) as { models?: unknown[] };
    return response.ok && (body.models?.length ?? 0) > 0 ? `${base}/v1` : undefined;
  } catch {
    return undefined;
  }
}
