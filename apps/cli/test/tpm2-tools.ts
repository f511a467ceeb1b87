import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const runs = (program: string) => spawnSync(program, ['--version']).status === 0

/** False, or why the tests with other people's tools are left out. */
export const toolsMissing =
  runs('swtpm') && runs('tpm2_quote') && existsTcti()
    ? false
    : 'not installed: apt-get install swtpm tpm2-tools libtss2-tcti-swtpm0'

function existsTcti(): boolean {
  return ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'].some((folder) =>
    existsSync(join(folder, 'libtss2-tcti-swtpm.so.0')),
  )
}

/** tpm2-tools over a blank TPM of their own; both go when the test ends. */
export interface Tools {
  /** Runs one tool in the folder. Gives what it printed. @throws {Error} it failed. */
  run(tool: string, ...args: string[]): string
  path(name: string): string
}

export async function startTools(context: TestContext): Promise<Tools> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-test-'))
  const socket = join(folder, 'tpm')
  const child = spawn(
    'swtpm',
    [
      ...['socket', '--tpm2', '--tpmstate', `dir=${folder}`],
      // where tpm2-tss looks for it
      ...['--ctrl', `type=unixio,path=${socket}.ctrl`],
      ...['--server', `type=unixio,path=${socket}`],
      ...['--flags', 'not-need-init,startup-clear'],
    ],
    { stdio: 'ignore' },
  )
  context.after(async () => {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit')
    rmSync(folder, { recursive: true })
  })
  while (!existsSync(`${socket}.ctrl`) || !existsSync(socket)) {
    if (child.exitCode !== null) throw new Error('swtpm ended')
    await new Promise((wake) => setTimeout(wake, 10))
  }
  const env = { ...process.env, TPM2TOOLS_TCTI: `swtpm:path=${socket}` }
  const run = (tool: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(tool, args, { cwd: folder, env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${tool} ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  return {
    path: (name) => join(folder, name),
    run(tool, ...args) {
      const said = run(tool, ...args)
      // no resource manager stands between the tools and this TPM
      if (tool !== 'tpm2_pcrextend') run('tpm2_flushcontext', '-t')
      return said
    },
  }
}
