import { execFile } from 'node:child_process'
import { chmod } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A qcow2 file of the bytes of a raw one, whatever these say that it is. */
export function converted(raw: string, to: string, signal?: AbortSignal): Promise<unknown> {
  const args = ['convert', '-f', 'raw', '-O', 'qcow2', raw, to]
  return run('qemu-img', args, { signal, killSignal: 'SIGKILL' })
}

/**
 * A copy that shares what it can with its original, where the file system lets files share. By a program, which can
 * be ended: a copy within this process cannot.
 */
export function copied(from: string, to: string, signal?: AbortSignal): Promise<unknown> {
  const args = ['--reflink=auto', '--no-dereference', '--', from, to]
  return run('cp', args, { signal, killSignal: 'SIGKILL' })
}

/** A qcow2 file of the same bytes, in which nothing of theirs is understood. */
export function copiedAsQcow2(
  { path, format }: { readonly path: string; readonly format: 'raw' | 'qcow2' },
  to: string,
  signal?: AbortSignal,
): Promise<unknown> {
  return format === 'raw' ? converted(path, to, signal) : copied(path, to, signal)
}

/** An empty qcow2 file for so many bytes, its owner's alone. */
export async function blankQcow2(path: string, bytes: number): Promise<void> {
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', path, String(bytes)])
  await chmod(path, 0o600)
}
