/** What one conversation may be. */
export const limits = {
  messageLength: 4_000,
  /** Of the visitor, over the whole conversation. */
  messages: 200,
  /** Of the visitor, within a minute. */
  perMinute: 20,
  /** What the model gets to read again. */
  historyMessages: 60,
  /** Four characters count as one. */
  historyTokens: 6_000,
  /** Functions called one after the other in one reply. */
  toolSteps: 6,
  /** How often one reply is handed over: agents that hand to each other come to an end. */
  handOffs: 3,
  /** A reply that nobody has finished by then is given up, and the next message is taken. */
  replyMs: 120_000,
  /** Without a bit from the model. */
  modelSilenceMs: 30_000,
  /** The same, of a model that another one can step in for. */
  fallbackAfterMs: 8_000,
} as const;
