import type { ArmClient, OperationProgress } from '@trusted-launch/api'
import type { Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from './connection.ts'

/**
 * Waits for a long action, and tells on standard error how far it is: on a terminal in one line, elsewhere a
 * line for each step. @returns the operation. @throws {ArmError} it failed, with its own code.
 */
export async function waited(
  { client }: Connection,
  title: string,
  operationUrl: string,
  { err }: Output,
  isTerminal = process.stderr.isTTY === true,
): ReturnType<ArmClient['wait']> {
  const clear = isTerminal ? '\r\x1b[K' : ''
  const begun = `${plain(title)} …`
  err(`${begun}${isTerminal ? '' : '\n'}`)
  let before = begun
  const tell = ({ status, percent, step }: OperationProgress) => {
    const line = `${plain(title)}: ${percent} %${step === null ? '' : `, ${plain(step)}`}`
    const saysMore = percent > 0 || step !== null
    if (status === 'InProgress' && saysMore && line !== before)
      err(`${clear}${line}${isTerminal ? '' : '\n'}`)
    before = line
  }
  try {
    return await client.wait(operationUrl, tell)
  } finally {
    err(clear)
  }
}

/** What `--no-wait` tells: the operation goes on by itself. */
export function operationIdOf(operationUrl: string): string {
  return new URL(operationUrl).pathname.split('/').at(-1)!
}
