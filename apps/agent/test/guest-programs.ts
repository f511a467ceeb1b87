import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { buildGuestProgram } from '@trusted-launch/agent'
import { root } from '../src/build/root.ts'
import { run } from '../src/build/run.ts'

const sources = join(root, 'apps/agent/test/guest')
const cacheDirectory = join(root, '.cache/agent')

/**
 * Programs that tests put into a guest: `hostile` instead of the agent, `vault`, `flash-write` and
 * `kexec-load` as hooks, `owner` for hooks to call. Answers the static program's bytes.
 */
export async function guestProgram(
  name: 'hostile' | 'vault' | 'flash-write' | 'kexec-load' | 'owner',
): Promise<Uint8Array> {
  const path =
    name === 'flash-write' || name === 'kexec-load'
      ? await compiled(name)
      : (await buildGuestProgram(name, join(sources, `${name}.ts`), { cacheDirectory })).path
  return new Uint8Array(readFileSync(path))
}

async function compiled(name: string): Promise<string> {
  const source = join(sources, `${name}.c`)
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16)
  const path = join(cacheDirectory, `${name}-${hash}`)
  if (existsSync(path)) return path
  const made = `${path}.${process.pid}`
  await run('musl-gcc', ['-static', '-s', '-Os', '-o', made, source], root)
  renameSync(made, path)
  return path
}
