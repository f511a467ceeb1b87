import { type Call, MANY, type TemplateFunction } from '../call.ts'
import { isList } from '../value.ts'

const of = (compute: (a: number, b: number, call: Call) => number): TemplateFunction => ({
  takes: [2, 2],
  give: (call) => whole(call, compute(call.int(0), call.int(1), call)),
})

/** Beyond these integers are not exact here, and an error is better than another number. */
function whole(call: Call, value: number): number {
  return Number.isSafeInteger(value) ? value + 0 : call.fail('the number is too large')
}

function divisor(b: number, call: Call): number {
  return b === 0 ? call.fail('nothing is divided by 0') : b
}

function intOf(call: Call): number {
  const value = call.at(0)
  if (typeof value === 'number') return value
  if (/^\s*[+-]?\d+\s*$/.test(call.text(0))) return whole(call, Number(call.text(0)))
  return call.fail('it is no integer')
}

/** Of a list, or of all arguments. */
const extreme = (pick: (a: number, b: number) => number): TemplateFunction => ({
  takes: [1, MANY],
  give: (call) => {
    const list = isList(call.at(0)) ? call.list(0) : call.args
    if (list.length === 0) return call.fail('there is none')
    if (!list.every((one) => typeof one === 'number')) return call.fail('they are not all integers')
    return (list as readonly number[]).reduce((a, b) => pick(a, b))
  },
})

export const numberFunctions: Readonly<Record<string, TemplateFunction>> = {
  add: of((a, b) => a + b),
  sub: of((a, b) => a - b),
  mul: of((a, b) => a * b),
  div: of((a, b, call) => Math.trunc(a / divisor(b, call))),
  mod: of((a, b, call) => a % divisor(b, call)),
  int: { takes: [1, 1], give: intOf },
  min: extreme((a, b) => Math.min(a, b)),
  max: extreme((a, b) => Math.max(a, b)),
}
