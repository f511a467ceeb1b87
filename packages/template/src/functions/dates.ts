import { toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import type { Call, TemplateFunction } from '../call.ts'
import { formatTime, formOf, plus, readTime } from '../date-time.ts'
import { uuid } from '../unique-string.ts'

const ISO = 'yyyy-MM-ddTHH:mm:ssZ'
/** 0001-01-01 and 9999-12-31, in milliseconds. */
const [FIRST, LAST] = [-62_135_596_800_000, 253_402_300_799_999]

/** @throws {TemplateError} anything but the default of a parameter would be another at each look. */
function requireDefault(call: Call): void {
  if (call.environment.defaultOf === null)
    call.fail('it may stand in the default of a parameter only')
}

function shown(call: Call, at: number, form: string): string {
  if (at < FIRST || at > LAST) return call.fail('there is no such time')
  return formatTime(at, form) ?? call.fail(`the format '${form}' is not known here`)
}

function timeAt(call: Call, index: number): number {
  return readTime(call.text(index)) ?? call.fail('it is no time in UTC')
}

function utcNow(call: Call): string {
  requireDefault(call)
  const form = call.count > 0 ? call.text(0) : 'yyyyMMddTHHmmssZ'
  return shown(call, call.environment.context.now, form)
}

function dateTimeAdd(call: Call): string {
  const at = plus(timeAt(call, 0), call.text(1)) ?? call.fail('it is no duration')
  return shown(call, at, call.count > 2 ? call.text(2) : formOf(call.text(0)))
}

/** Of the deployment's own chance, another for each parameter. */
function newGuid(call: Call): string {
  requireDefault(call)
  const { context, defaultOf } = call.environment
  return uuid(digest('sha256', toUtf8(`${context.seed}/${defaultOf}`)), 4)
}

export const dateFunctions: Readonly<Record<string, TemplateFunction>> = {
  utcNow: { takes: [0, 1], give: utcNow },
  dateTimeAdd: { takes: [2, 3], give: dateTimeAdd },
  dateTimeFromEpoch: {
    takes: [1, 1],
    give: (call) => shown(call, call.int(0) * 1000, ISO),
  },
  dateTimeToEpoch: { takes: [1, 1], give: (call) => Math.floor(timeAt(call, 0) / 1000) },
  newGuid: { takes: [0, 0], give: newGuid },
}
