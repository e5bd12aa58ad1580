import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Dialogue, dialogueSchema } from './schema.ts';

const ownFolder = fileURLToPath(new URL('../dialogues/', import.meta.url));

/** Reads every dialogue file of a folder. Throws an Error that names the file and the field that is wrong. */
export async function loadDialogues(folder = ownFolder): Promise<Map<string, Dialogue>> {
  const dialogues = new Map<string, Dialogue>();
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()) {
    const dialogue = parseDialogue(file, await readFile(`${folder}/${file}`, 'utf8'));
    dialogues.set(dialogue.name, dialogue);
  }
  return dialogues;
}

export function parseDialogue(file: string, text: string): Dialogue {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`The dialogue ${file} is not valid JSON: ${(error as Error).message}`);
  }
  const parsed = dialogueSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(
      `The dialogue ${file} does not fit at ${issue?.path.join('.') || 'the top'}: ${issue?.message}`,
    );
  }
  for (const { name, form, match } of parsed.data.intents) {
    if (form !== undefined && !(form in parsed.data.forms))
      throw new Error(`The dialogue ${file} has no form "${form}", which its intent "${name}" wants.`);
    for (const pattern of match.patterns) checkPattern(file, pattern);
  }
  return parsed.data;
}

function checkPattern(file: string, pattern: string): void {
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    throw new Error(
      `The dialogue ${file} has a pattern that is no regular expression: ${(error as Error).message}`,
    );
  }
}
