import type { BuildOptions } from '@trusted-launch/host'
import type { Output } from './output.ts'
import { plain } from './plain-text.ts'

/** Runs a part of some long work, and tells of it. */
export type Step = NonNullable<BuildOptions['step']>

const tickMs = 200

/** Tells on standard error: a part's title, its time, and on a terminal the seconds between. */
export function stepsOn({ err }: Output, isTerminal = process.stderr.isTTY === true): Step {
  return async (title, work) => {
    const started = performance.now()
    const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
    const clear = isTerminal ? '\r\x1b[K' : ''
    const tick = () => err(`${clear}${title} … ${seconds()}`)
    if (!isTerminal) err(`${title} …\n`)
    const ticker = isTerminal ? setInterval(tick, tickMs) : null
    let end = 'failed after'
    try {
      const result = await work()
      end = 'done in'
      return result
    } finally {
      if (ticker !== null) clearInterval(ticker)
      err(`${clear}${title}: ${end} ${seconds()}\n`)
    }
  }
}

const lineMs = 1_000

/** Tells steps on standard error: on a terminal in one line, elsewhere a line a second at most; the end always. */
export function told(
  { err }: Output,
  isTerminal = process.stderr.isTTY === true,
): (step: string) => void {
  let last = Number.NEGATIVE_INFINITY
  return (step) => {
    const isEnd = step.endsWith(': 100 %')
    if (!isEnd && performance.now() - last < (isTerminal ? tickMs : lineMs)) return
    last = performance.now()
    err(`${isTerminal ? '\r\x1b[K' : ''}${plain(step)}${isTerminal && !isEnd ? '' : '\n'}`)
  }
}
