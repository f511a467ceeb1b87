import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Account, privilegesOf } from '../process.ts'
import { MachineError } from './errors.ts'

const run = promisify(execFile)
const LIMIT_MS = 60_000
const SAID_MAX = 500

/**
 * Makes a disk of a stopped VM larger. A guest wrote it, so who reads it is its QEMU's account, which can open
 * nothing else. @throws {MachineError} `machine-disk-failed`: also when it would be smaller.
 */
export async function growFile(
  disk: { folder: string; name: string; format: 'raw' | 'qcow2' },
  sizeBytes: number,
  account: Account,
): Promise<void> {
  const { folder: cwd, name, format } = disk
  const resize = ['qemu-img', 'resize', '-q', '-f', format, name, String(sizeBytes)]
  try {
    const args = [...privilegesOf(account), '--', ...resize]
    await run('setpriv', args, { cwd, timeout: LIMIT_MS, killSignal: 'SIGKILL' })
  } catch (cause) {
    const said = String((cause as { stderr?: string }).stderr ?? cause).trim()
    throw new MachineError('machine-disk-failed', said.slice(0, SAID_MAX), { cause })
  }
}
