import { createInterface } from 'node:readline'
import { fromUtf8 } from '@trusted-launch/codec'
import { readInput } from '../input-file.ts'

const SECRET_MAX = 4096

/** A secret: typed at a terminal, unseen, or the first line of standard input; never an argument. */
export async function secretFrom(
  prompt: string,
  err: (text: string) => void,
  input = process.stdin,
): Promise<string> {
  const text =
    input.isTTY === true ? await typed(prompt, err) : fromUtf8(readInput('-', SECRET_MAX))
  const secret = text.split('\n')[0]!.replace(/\r$/, '')
  if (secret === '') throw new Error('no secret was given: type it, or give it on standard input')
  return secret
}

function typed(prompt: string, err: (text: string) => void): Promise<string> {
  err(prompt)
  const lines = createInterface({
    input: process.stdin,
    terminal: true,
    output: undefined as never,
  })
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      lines.close()
      err('\n')
      resolve(line)
    })
    lines.once('SIGINT', () => {
      lines.close()
      reject(new Error('nothing was typed'))
    })
  })
}
