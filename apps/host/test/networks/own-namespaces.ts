import { spawnSync } from 'node:child_process'

const INSIDE = 'TEST_IN_OWN_NAMESPACES'

/**
 * Runs this whole test file in network, mount and process namespaces of its own: nothing it makes is seen outside,
 * nor stays when it ends. @returns why it cannot, outside; inside: false.
 */
export function inOwnNamespaces(): string | false {
  if (process.env[INSIDE] !== undefined) {
    command('mount', '-t', 'tmpfs', 'tmpfs', '/run')
    command('ip', 'link', 'set', 'lo', 'up')
    return false
  }
  if (process.getuid?.() !== 0) return 'needs root'
  const own = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  if (spawnSync('unshare', [...own, 'true']).status !== 0) return 'namespaces are refused here'
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const env = { ...process.env, [INSIDE]: '1' }
  process.exit(spawnSync('unshare', [...own, ...again], { stdio: 'inherit', env }).status ?? 1)
}

/** What a command printed. */
export function command(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
  return stdout
}
