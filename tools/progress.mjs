// What set-up says while it works: always on stderr, so that a program's stdout stays clean.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'

/** A step of set-up that could not be done. Its message is all that a user needs to see. */
export class SetupError extends Error {
  constructor(message, options) {
    super(message, options)
    this.name = 'SetupError'
    this.code = 'setup-failed'
  }
}

/** Writes one line for people. */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/** Runs one step: its title at the start, its time at the end, the seconds between on a terminal. */
export async function step(title, work) {
  const started = Date.now()
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`
  const live = process.stderr.isTTY === true
  if (!live) say(`set-up: ${title} …`)
  const ticker = live
    ? setInterval(() => process.stderr.write(`\r\x1b[Kset-up: ${title} … ${seconds()}`), 200)
    : null
  try {
    const result = await work()
    say(`${live ? '\r\x1b[K' : ''}set-up: ${title}: done in ${seconds()}`)
    return result
  } catch (e) {
    say(`${live ? '\r\x1b[K' : ''}set-up: ${title}: failed after ${seconds()}`)
    throw e
  } finally {
    if (ticker !== null) clearInterval(ticker)
  }
}

const linesShown = 12
const offline =
  /Temporary failure resolving|Could not (?:resolve|connect)|Network is unreachable|EAI_AGAIN|ENOTFOUND|ENETUNREACH/

/**
 * Runs a command with its output in `log`; the end of that output is in the error when it fails.
 * The lock's descriptor goes along: should this process be killed, the lock stays with the command.
 */
export function run(command, args, { cwd, env = process.env, log, lock }) {
  const out = openSync(log, 'a')
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ['ignore', out, out, ...(lock === undefined ? [] : [lock])],
  })
  closeSync(out)
  return new Promise((resolve, reject) => {
    child.on('error', (cause) =>
      reject(new SetupError(`${command} could not be started: ${cause.message}`, { cause })),
    )
    child.on('exit', (code, signal) => {
      if (code === 0) return resolve()
      const tail = readFileSync(log, 'utf8').trim().split('\n').slice(-linesShown).join('\n')
      const line = [command, ...args].join(' ')
      const why = offline.test(tail) ? ', the network cannot be reached' : ''
      reject(new SetupError(`${line}: ${signal ?? `exit code ${code}`}${why}\n${tail}`))
    })
  })
}
