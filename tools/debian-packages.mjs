// The Debian packages this project needs on the machine, and why. Asked for, then installed by apt.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { run, SetupError, say, step } from './progress.mjs'

/** Installed on the host before anything else. */
export const packagesNeeded = {
  'qemu-system-x86': 'runs the virtual machines',
  'qemu-utils': 'makes and converts disk images',
  ovmf: 'the UEFI firmware with Secure Boot',
  swtpm: "each virtual machine's TPM",
  mtools: 'writes the EFI system partition of the guest images',
  nftables: "closes the host's own addresses to its virtual machines, and enforces security groups",
  iproute2: 'makes the bridges and namespaces of virtual networks',
  'dnsmasq-base': 'gives the virtual machines of a network their addresses and names',
  e2fsprogs: 'writes the root file system of the Debian 12 guest',
  gcc: 'compiles the guest agent',
  'musl-tools': 'links the guest agent into one static program',
  sbsigntool: 'checks the signature of the unified kernel image (in a test)',
  'tpm2-tools': 'makes quotes and keys as other people do (in a test)',
  'libtss2-tcti-swtpm0': 'lets tpm2-tools speak with swtpm (in a test)',
}

/** The distribution's own name of itself, `debian` on Debian (os-release(5), ID). */
export function distribution(path = '/etc/os-release') {
  try {
    return /^ID=["']?([^"'\n]*)/m.exec(readFileSync(path, 'utf8'))?.[1] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}

/** Which of the packages are not installed. Without dpkg: all of them. */
export function missingOf(packages) {
  const { stdout } = spawnSync(
    'dpkg-query',
    ['-W', '-f', `\${Package}\\t\${db:Status-Status}\\n`, ...packages],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const installed = new Set()
  for (const line of (stdout ?? '').split('\n')) {
    const [name, status] = line.split('\t')
    if (status === 'installed') installed.add(name)
  }
  return packages.filter((name) => !installed.has(name))
}

/** True when all of `packages` (name → why) are installed, on Debian. */
export function packagesAreInstalled(packages) {
  return distribution() === 'debian' && missingOf(Object.keys(packages)).length === 0
}

/**
 * Installs what is missing of `packages` (name → why), after asking on a terminal.
 * False when the user declined or the distribution is not Debian: the caller ends with exit code 2.
 */
export async function installPackages(packages, { yes, log, lock, osRelease }) {
  const found = distribution(osRelease)
  if (found !== 'debian') {
    say(`set-up: this machine runs "${found}", and only Debian's packages are known here.`)
    say('Needed, by their Debian names:')
    for (const [name, why] of Object.entries(packages)) say(`  ${name.padEnd(18)} ${why}`)
    return false
  }
  const missing = missingOf(Object.keys(packages))
  if (missing.length === 0) return true
  const commands = commandsFor(missing)
  say('set-up: these Debian packages are missing:')
  for (const name of missing) say(`  ${name.padEnd(18)} ${packages[name]}`)
  say('and this will be run:')
  for (const command of commands) say(`  ${command.join(' ')}`)
  if (!yes && process.stdin.isTTY && process.stderr.isTTY && !(await agreed())) {
    say('set-up: nothing was installed.')
    return false
  }
  await step(`installing ${missing.length} Debian packages`, async () => {
    for (const [program, ...args] of commands) await run(program, args, { log, lock })
  })
  const still = missingOf(missing)
  if (still.length > 0) throw new SetupError(`still not installed: ${still.join(' ')}; see ${log}`)
  return true
}

/** `dpkg --configure -a` and `--fix-broken` mend what an installation killed half-way left. */
function commandsFor(missing) {
  const quiet = ['env', 'DEBIAN_FRONTEND=noninteractive']
  const asRoot = process.getuid() === 0 ? quiet : ['sudo', ...quiet]
  const apt = [...asRoot, 'apt-get', '-o', 'DPkg::Lock::Timeout=300']
  return [
    [...asRoot, 'dpkg', '--configure', '-a'],
    [...apt, 'update'],
    [...apt, 'install', '--yes', '--fix-broken', '--no-install-recommends', ...missing],
  ]
}

async function agreed() {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question('Go on? [Y/n] ')
    return /^(y|yes|)$/i.test(answer.trim())
  } finally {
    terminal.close()
  }
}
