import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { atEnd, testFolder } from './machines.ts'

const main = join(import.meta.dirname, '../../apps/cli/src/main.ts')

/** A control plane of somebody who installed `tl`, with this machine for its host: it and its VMs are gone with the test. */
export async function aControlPlane(t: TestContext, folder = testFolder(t)) {
  const bin = join(folder, 'bin')
  const env = {
    ...process.env,
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    HOME: folder,
    PATH: `${bin}:${process.env.PATH}`,
  }
  mkdirSync(bin)
  const launcher = `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`
  writeFileSync(join(bin, 'tl'), launcher, { mode: 0o755 })
  const up = spawn('tl', ['up', '--listen', '127.0.0.1:0', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  atEnd(t, () => spawnSync('tl', ['down', '--vms'], { env, stdio: 'ignore' }))
  await firstLine(up)
  /** What `tl` prints, once it ended as it is wanted to. */
  const tl = (wanted: number, ...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync('tl', args, { env, encoding: 'utf8' })
    t.diagnostic(`tl ${args.slice(0, 2).join(' ')}: ${status}`)
    assert.equal(status, wanted, `${args.join(' ')}: ${stderr}${stdout}`)
    return stdout
  }
  /** A line of a document, typed in the folder. */
  const type = (line: string) => {
    const ended = spawnSync('sh', ['-c', line], { cwd: folder, env, encoding: 'utf8' })
    t.diagnostic(`${line}: ${ended.status}`)
    return ended
  }
  return { folder, tl, type }
}

function firstLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout!.once('data', () => resolve())
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)))
  })
}
