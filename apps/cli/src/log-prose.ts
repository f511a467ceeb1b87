import { plain } from './plain-text.ts'

const LEVELS: Readonly<Record<number, string>> = {
  ...{ 10: 'trace', 20: 'debug', 30: 'info', 40: 'warning', 50: 'error', 60: 'fatal' },
}
const TOLD_ELSEWHERE = ['level', 'time', 'pid', 'hostname', 'msg', 'err', 'v']

/** A structured line of the log as a person reads it: when, how bad, what, and the rest as name=value. */
export function proseOf(line: string): string {
  let entry: any
  try {
    entry = JSON.parse(line)
  } catch {
    return line
  }
  const { level, time, msg = '', err } = entry
  const at = new Date(time).toTimeString().slice(0, 8)
  const why = err?.message === undefined || err.message === msg ? [] : [String(err.message)]
  const rest = Object.entries(entry)
    .filter(([name]) => !TOLD_ELSEWHERE.includes(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const what = [msg, ...why].filter((one) => one !== '').join(': ')
  const more = rest.length === 0 ? '' : ` (${rest.join(', ')})`
  return `${at} ${LEVELS[level] ?? level}: ${plain(what)}${plain(more)}\n`
}
