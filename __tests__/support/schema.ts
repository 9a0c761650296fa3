export type Schema = Readonly<Record<string, unknown>>;

/**
 * As much of JSON Schema as ours uses. Stricter in one thing: a field that the schema does not describe is
 * a fault here, so that none is added to the report without its description.
 */
export function faults(root: Schema, schema: Schema, value: unknown, path = '$'): readonly string[] {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.replace('#/$defs/', '');
    return faults(root, (root.$defs as Record<string, Schema>)[name] ?? {}, value, path);
  }
  const found: string[] = [];
  const oneOf = schema.oneOf as readonly Schema[] | undefined;
  if (oneOf !== undefined && oneOf.filter((one) => one.const === value).length !== 1)
    found.push(`${path}: ${value}`);
  if ('const' in schema && schema.const !== value) found.push(`${path} is not ${schema.const}`);
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) found.push(`${path}: ${value}`);
  const type = schema.type;
  const fits =
    type === undefined ||
    (type === 'array' && Array.isArray(value)) ||
    (type === 'integer' && Number.isInteger(value)) ||
    (type === 'object' && typeof value === 'object' && value !== null && !Array.isArray(value)) ||
    typeof value === type;
  if (!fits) return [...found, `${path} is no ${type}`];
  if (typeof schema.minimum === 'number' && (value as number) < schema.minimum)
    found.push(`${path}: ${value}`);
  if (typeof schema.pattern === 'string' && !new RegExp(schema.pattern).test(value as string))
    found.push(path);
  if (Array.isArray(value)) {
    const items = schema.items as Schema;
    return [...found, ...value.flatMap((item, at) => faults(root, items, item, `${path}[${at}]`))];
  }
  if (type === 'object') {
    const object = value as Record<string, unknown>;
    const properties = (schema.properties ?? {}) as Record<string, Schema>;
    for (const name of (schema.required ?? []) as readonly string[]) {
      if (!(name in object)) found.push(`${path}.${name} is missing`);
    }
    for (const [name, own] of Object.entries(object)) {
      const known = properties[name] ?? (schema.additionalProperties as Schema | undefined);
      if (known === undefined) found.push(`${path}.${name} is not described`);
      else found.push(...faults(root, known, own, `${path}.${name}`));
    }
  }
  return found;
}
