import { compileJsonSchema } from '../json-schema.ts';
import { ToolError } from './tool.ts';

/** Checks arguments against a function's JSON Schema: models invent and forget them. Throws words for the model. */
export function argumentCheck(parameters: Readonly<Record<string, unknown>>): (args: unknown) => void {
  if (Object.keys(parameters).length === 0) return () => undefined;
  const compiled = compileJsonSchema(parameters);
  // A schema beyond what can be checked is the server's to enforce.
  if (!compiled.ok) return () => undefined;
  return (args) => {
    const problems = compiled.check(args);
    if (problems.length === 0) return;
    const said = problems.map(({ path, message }) => `${path || 'arguments'}: ${message}`).join('; ');
    throw new ToolError(`These arguments do not fit: ${said}. Ask the caller for what is missing.`);
  };
}
