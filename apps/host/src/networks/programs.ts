import { spawn } from 'node:child_process'
import { findProgram } from '../process.ts'
import { NetworkError } from './errors.ts'

const LIMIT_MS = 20_000
const SAID_MAX = 1_000
const OUTPUT_MAX = 4 << 20

/** Runs a program to its end. @returns what it printed. @throws {NetworkError} `network-failed`, with the end of what it complained of. */
export function run(name: string, args: readonly string[], input = ''): Promise<string> {
  const program = findProgram(name)
  if (program === null)
    return Promise.reject(new NetworkError('network-failed', `${name} is not installed`))
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { timeout: LIMIT_MS, env: { LC_ALL: 'C' } })
    let [printed, said] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(0, OUTPUT_MAX)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-SAID_MAX)
    })
    child.stdin.on('error', () => {})
    const fail = (why: string) => reject(new NetworkError('network-failed', `${name}: ${why}`))
    child.on('error', (e) => fail(e.message))
    child.on('close', (code, signal) =>
      code === 0 ? resolve(printed) : fail(said.trim() || String(signal ?? code)),
    )
    child.stdin.end(input)
  })
}

/** The program and arguments that run another in a network namespace; nsenter(1). */
export function insideOf(namespacePath: string): readonly string[] {
  return [findProgram('nsenter') ?? 'nsenter', `--net=${namespacePath}`, '--']
}

/** Runs a program in a network namespace. @throws as {@link run} */
export function runInside(
  namespacePath: string,
  name: string,
  args: readonly string[],
  input = '',
): Promise<string> {
  const program = findProgram(name)
  if (program === null) return run(name, args)
  return run('nsenter', [`--net=${namespacePath}`, '--', program, ...args], input)
}
