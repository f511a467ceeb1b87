import { spawn } from 'node:child_process'

/** A compiler that failed, with the end of what it said. */
export class BuildError extends Error {
  readonly code = 'AGENT_BUILD'
  readonly program: string

  constructor(program: string, message: string) {
    super(`${program}: ${message}`)
    this.name = 'BuildError'
    this.program = program
  }
}

const OUTPUT_CHARACTERS_MAX = 4000

/** Runs a program to its end and answers what it printed. @throws {BuildError} */
export function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    const hear = (chunk: Buffer) => {
      said = (said + chunk).slice(-OUTPUT_CHARACTERS_MAX)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('error', (cause) => reject(new BuildError(program, cause.message)))
    child.on('close', (code) =>
      code === 0 ? resolve(said) : reject(new BuildError(program, `exit ${code}: ${said}`)),
    )
  })
}
