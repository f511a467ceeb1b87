import { MalformedError } from '@trusted-launch/codec'

/** An element of a document without types of its own. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Of all text in it, without that of its children. */
  readonly text: string
}

const elementsMax = 10_000
const depthMax = 64
const token =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<(\/?)([A-Za-z_][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)|</g
const attribute = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const entities: Readonly<Record<string, string>> = {
  ...{ lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" },
}

interface Open {
  readonly name: string
  readonly attributes: Map<string, string>
  readonly children: Open[]
  text: string
}

/**
 * Reads the little of XML that configurations are written in: elements, attributes, text, comments. No document
 * types and no entities of a document's own, so nothing is fetched and nothing grows.
 * @throws {MalformedError}
 */
export function parseXml(text: string): XmlElement {
  const root: Open = { name: '', attributes: new Map(), children: [], text: '' }
  const open = [root]
  let count = 0
  for (const match of text.matchAll(token)) {
    const [whole, cdata, closing, name, attributes = '', selfClosing, plain] = match
    const here = open.at(-1)!
    if (plain !== undefined || cdata !== undefined)
      here.text += cdata ?? decoded(plain!, match.index)
    else if (name === undefined) {
      if (!/^<(?:!--|\?)/.test(whole)) throw fault(match.index, 'not XML that is read here')
    } else if (closing === '/') {
      if (here.name !== name || open.length === 1)
        throw fault(match.index, `</${name}> ends nothing`)
      open.pop()
    } else {
      if (++count > elementsMax) throw fault(match.index, `more than ${elementsMax} elements`)
      if (open.length > depthMax) throw fault(match.index, `deeper than ${depthMax}`)
      const element = {
        name,
        attributes: attributesIn(attributes, match.index),
        children: [],
        text: '',
      }
      here.children.push(element)
      if (selfClosing !== '/') open.push(element)
    }
  }
  const [only, ...more] = root.children
  if (open.length > 1) throw fault(text.length, `<${open.at(-1)!.name}> does not end`)
  if (only === undefined || more.length > 0) throw fault(0, 'one element was expected')
  return only
}

/** The element at a path of names, the first of each; null: there is none. */
export function elementAt(from: XmlElement, ...path: readonly string[]): XmlElement | null {
  return path.reduce<XmlElement | null>(
    (one, name) => one?.children.find((child) => child.name === name) ?? null,
    from,
  )
}

function attributesIn(text: string, at: number): Map<string, string> {
  const found = [...text.matchAll(attribute)]
  return new Map(found.map(([, name, double, single]) => [name!, decoded(double ?? single!, at)]))
}

function decoded(text: string, at: number): string {
  return text.replaceAll(/&(#x?[0-9a-fA-F]{1,6}|\w{1,16});?/g, (whole, name: string) => {
    const code = name.startsWith('#') ? Number(name.slice(1).replace(/^x/i, '0x')) : Number.NaN
    const character =
      Number.isInteger(code) && code <= 0x10ffff ? String.fromCodePoint(code) : entities[name]
    if (character === undefined || !whole.endsWith(';')) throw fault(at, `the entity ${whole}`)
    return character
  })
}

function fault(at: number, reason: string): MalformedError {
  return new MalformedError('XML', at, reason)
}
