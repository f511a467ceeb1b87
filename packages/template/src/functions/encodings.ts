import { fromLatin1, fromUtf8, toLatin1, toUtf8 } from '@trusted-launch/codec'
import type { Call, TemplateFunction } from '../call.ts'
import type { Json } from '../value.ts'

const text = (give: (value: string, call: Call) => Json): TemplateFunction => ({
  takes: [1, 1],
  give: (call) => give(call.text(0), call),
})

const toBase64 = (value: string) => btoa(toLatin1(toUtf8(value)))

function fromBase64(value: string, call: Call): string {
  try {
    return fromUtf8(fromLatin1(atob(value)))
  } catch {
    return call.fail('it is not base64 of a text')
  }
}

/** Where in it, and not what: it may be secret. */
function parsed(value: string, call: Call): Json {
  try {
    return JSON.parse(value) as Json
  } catch {
    return call.fail('it is not JSON')
  }
}

function uri(call: Call): string {
  try {
    return new URL(call.text(1), call.text(0)).href
  } catch {
    return call.fail('it is no address')
  }
}

/** All but the unreserved characters of RFC 3986 §2.3. */
const escapedText = (value: string) =>
  encodeURIComponent(value.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )

function unescapedText(value: string, call: Call): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return call.fail('it is not encoded as an address')
  }
}

const DATA = /^data:[^,;]*(?:;charset=[^,;]+)?(;base64)?,(.*)$/is

function dataText(value: string, call: Call): string {
  const match = DATA.exec(value)
  if (match === null) return call.fail('it is no data URI')
  return match[1] === undefined ? unescapedText(match[2]!, call) : fromBase64(match[2]!, call)
}

export const encodingFunctions: Readonly<Record<string, TemplateFunction>> = {
  base64: text(toBase64),
  base64ToString: text(fromBase64),
  base64ToJson: text((value, call) => parsed(fromBase64(value, call), call)),
  json: text(parsed),
  uri: { takes: [2, 2], give: uri },
  uriComponent: text(escapedText),
  uriComponentToString: text(unescapedText),
  dataUri: text((value) => `data:text/plain;charset=utf8;base64,${toBase64(value)}`),
  dataUriToString: text(dataText),
}
