/** The declarations of a client library's models, as far as a field table needs them. */

export interface Field {
  readonly name: string
  /** As declared: `string`, `Plan`, `DataDisk[]`, `Record<string, string>` … */
  readonly type: string
  /** Only answers have it. */
  readonly readOnly: boolean
}

export interface Model {
  readonly name: string
  readonly base: string | null
  readonly fields: readonly Field[]
}

/** Every `export interface` of a `.d.ts`. Names that are none are text, numbers or the like. */
export function readModels(text: string): Map<string, Model> {
  const models = new Map<string, Model>()
  for (const [, name, base, body] of text.matchAll(
    /^export interface (\w+)(?: extends (\w+))? \{\n([\s\S]*?)^\}/gm,
  ))
    models.set(name!, { name: name!, base: base ?? null, fields: [...fieldsOf(body!)] })
  return models
}

function* fieldsOf(body: string): Generator<Field> {
  for (const [, readOnly, name, type] of body.matchAll(
    /^ {4}(readonly )?"?([\w$.]+)"?\??: ([^\n]+);$/gm,
  ))
    yield { name: name!, type: type!, readOnly: readOnly !== undefined }
}
