import { fromUtf8, MalformedError } from '@trusted-launch/codec'
import { UsageError } from '../exit-code.ts'
import { decodedFrom } from '../input-file.ts'
import { plain } from '../plain-text.ts'

const FILE_MAX = 4 << 20

/** An ARM template, in JSON. @throws {MalformedError} it is none. */
export function readTemplate(path: string): Record<string, any> {
  const template = readObject(path, 'a template')
  if (!Array.isArray(template.resources) && typeof template.resources !== 'object')
    throw new MalformedError(path, 0, 'it has no resources: a template in JSON is wanted')
  return template
}

/**
 * What a deployment's parameters are: those of a parameters file, with or without its frame, and `name=value` over
 * them. @throws {UsageError} a value that is none.
 */
export function parametersOf(
  file: string | undefined,
  given: readonly string[] = [],
): Record<string, { value?: any; reference?: any }> {
  const read = file === undefined ? {} : readObject(file, 'parameters')
  const parameters = { ...(read.parameters ?? read) }
  delete parameters.$schema
  for (const one of given) {
    const at = one.indexOf('=')
    if (at < 1) throw new UsageError(`--parameter ${plain(one)}: NAME=VALUE is wanted`)
    parameters[one.slice(0, at)] = { value: parameterValue(one.slice(at + 1)) }
  }
  return parameters
}

/** Numbers, true, false, lists and objects as JSON has them; all else is text. */
function parameterValue(text: string): unknown {
  if (!/^(?:-?\d+|true|false|null|\[.*\]|\{.*\})$/s.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function readObject(path: string, what: string): Record<string, any> {
  return decodedFrom(path, what, FILE_MAX, (bytes) => {
    const text = fromUtf8(bytes)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new MalformedError('', 0, why, { cause })
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    throw new MalformedError('', 0, 'an object is wanted')
  })
}
