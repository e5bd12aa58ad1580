/** Why a command cannot be carried out, in words for whoever asked. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
