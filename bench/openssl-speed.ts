import { execFileSync } from 'node:child_process'

/** What OpenSSL's own loop needs on one core, in milliseconds. */
export interface Primitives {
  readonly rsa2048Verify: number
  readonly p256Verify: number
  readonly p256Sign: number
  /** Of 64 bytes: one extend of a register. */
  readonly sha256Extend: number
  /** For one byte, in buffers of 16 KiB. */
  readonly sha256Byte: number
}

/** Measures for some six seconds. openssl-speed(1), `-mr` for machines. */
export function opensslSpeed(): Primitives {
  const asymmetric = speed('rsa2048', 'ecdsap256')
  const [, rsa2048Verify] = perSecond(asymmetric, /^\+F2:\d+:2048:([\d.]+):([\d.]+)$/m)
  const [p256Sign, p256Verify] = perSecond(asymmetric, /^\+F4:\d+:256:([\d.]+):([\d.]+)$/m)
  const line = /^\+F:\d+:sha256:([\d.]+)$/m
  const [small] = perSecond(speed('-bytes', '64', '-evp', 'sha256'), line)
  const [bytes] = perSecond(speed('-bytes', '16384', '-evp', 'sha256'), line)
  return {
    rsa2048Verify: 1000 / rsa2048Verify!,
    p256Verify: 1000 / p256Verify!,
    p256Sign: 1000 / p256Sign!,
    sha256Extend: (1000 * 64) / small!,
    sha256Byte: 1000 / bytes!,
  }
}

function speed(...args: string[]): string {
  const options = ['speed', '-mr', '-seconds', '1', ...args]
  return execFileSync('openssl', options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

function perSecond(output: string, line: RegExp): number[] {
  const found = line.exec(output)
  if (found === null) throw new Error(`openssl speed printed no ${line}`)
  return found.slice(1).map(Number)
}
