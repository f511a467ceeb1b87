import { type Call, MANY, type TemplateFunction } from '../call.ts'
import { guidOf, uniqueString } from '../unique-string.ts'
import { isList, type Json, textOf } from '../value.ts'

const text = (
  takes: TemplateFunction['takes'],
  give: (value: string, call: Call) => Json,
): TemplateFunction => ({ takes, give: (call) => give(call.text(0), call) })

const PAD_MAX = 4_096

/** Texts, or lists. */
function concat(call: Call): Json {
  if (call.args.some(isList)) return call.args.flatMap((_, i) => call.list(i))
  return call.args
    .map((one, i) =>
      typeof one === 'object' ? call.wrong(i, 'string', 'int', 'bool') : textOf(one),
    )
    .join('')
}

function substring(value: string, call: Call): string {
  const start = call.int(1)
  const length = call.count > 2 ? call.int(2) : value.length - start
  if (start < 0 || length < 0 || start + length > value.length)
    return call.fail('the part is not within the text')
  return value.slice(start, start + length)
}

function padLeft(call: Call): string {
  const value = call.at(0)
  if (typeof value !== 'string' && typeof value !== 'number') return call.wrong(0, 'string', 'int')
  const filling = call.count > 2 ? call.text(2) : ' '
  if (filling.length !== 1) return call.fail('it is filled with one character')
  const length = call.int(1)
  if (length < 0 || length > PAD_MAX) return call.fail(`the length is 0 to ${PAD_MAX}`)
  return textOf(value).padStart(length, filling)
}

function split(value: string, call: Call): Json {
  const by = isList(call.at(1)) ? call.list(1) : [call.text(1)]
  const signs = by.map((one) => (typeof one === 'string' ? one : call.wrong(1, 'string', 'array')))
  const [first = '', ...others] = signs.filter((sign) => sign !== '')
  if (first === '') return [value]
  return others.reduce(
    (parts, sign) => parts.flatMap((part) => part.split(sign)),
    value.split(first),
  )
}

const PLACE = /\{\{|\}\}|\{(\d{1,3})(?::([^{}]*))?\}|[{}]/g

/** .NET's composite formatting, as far as texts and integers need it: `{0}`, `{1:D3}`, `{2:X}`, `{{`. */
function format(pattern: string, call: Call): string {
  return pattern.replaceAll(PLACE, (found, index?: string, form?: string) => {
    if (found === '{{' || found === '}}') return found[0]!
    if (index === undefined) return call.fail('a brace stands alone')
    const at = Number(index) + 1
    if (at >= call.count) return call.fail(`there is no argument ${index}`)
    return form === undefined ? textOf(call.at(at)) : formatted(call, at, form)
  })
}

function formatted(call: Call, at: number, form: string): string {
  const [, kind, digits = ''] =
    /^([DXx])(\d{0,2})$/.exec(form) ?? call.fail(`the format '${form}' is not known here`)
  const value = call.int(at)
  const sign = value < 0 ? '-' : ''
  const shown = Math.abs(value).toString(kind === 'D' ? 10 : 16)
  const padded = shown.padStart(Number(digits), '0')
  return sign + (kind === 'X' ? padded.toUpperCase() : padded)
}

/** Letters count alike in any case. */
const folded = (value: string) => value.toLowerCase()
const within = (holds: (value: string, part: string) => Json): TemplateFunction =>
  text([2, 2], (value, call) => holds(folded(value), folded(call.text(1))))

export const textFunctions: Readonly<Record<string, TemplateFunction>> = {
  concat: { takes: [1, MANY], give: concat },
  format: text([1, MANY], format),
  string: { takes: [1, 1], give: (call) => textOf(call.at(0)) },
  toLower: text([1, 1], (value) => value.toLowerCase()),
  toUpper: text([1, 1], (value) => value.toUpperCase()),
  trim: text([1, 1], (value) => value.trim()),
  substring: text([2, 3], substring),
  replace: text([3, 3], (value, call) => {
    if (call.text(1) === '') return call.fail('nothing is looked for')
    return value.replaceAll(call.text(1), () => call.text(2))
  }),
  split: text([2, 2], split),
  padLeft: { takes: [2, 3], give: padLeft },
  startsWith: within((value, part) => value.startsWith(part)),
  endsWith: within((value, part) => value.endsWith(part)),
  guid: { takes: [1, MANY], give: (call) => guidOf(...call.texts()) },
  uniqueString: { takes: [1, MANY], give: (call) => uniqueString(...call.texts()) },
}
