import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** One thing that was looked at. */
export interface Check {
  readonly what: string
  readonly found: string
  /** Null: it is well. */
  readonly remedy: string | null
}

/** Programs, the Debian package of each, and what they are for. */
const TOOLS = [
  ['qemu-system-x86_64', 'qemu-system-x86', 'runs VMs'],
  ['qemu-img', 'qemu-utils', 'makes and converts disks'],
  ['swtpm', 'swtpm', "is each VM's TPM"],
  ['nft', 'nftables', "closes the host's own addresses to guests"],
  ['mcopy', 'mtools', "reads and writes images' EFI partitions"],
  ['debugfs', 'e2fsprogs', "reads and writes images' root file systems"],
  ['ssh', 'openssh-client', 'is what tl vm ssh runs'],
] as const
/** Where root's programs are, which a plain user's PATH leaves out. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin']
/** An image or two, their VMs' disks, the database. */
const FREE_GIB_MIN = 5
const DAY_MS = 86_400_000
const CERTIFICATE_DAYS_MIN = 14

export function toolChecks(path = process.env.PATH ?? ''): Check[] {
  const folders = [...path.split(':').filter((folder) => folder !== ''), ...SYSTEM_FOLDERS]
  const missing = TOOLS.filter(([name]) => !folders.some((folder) => isProgram(join(folder, name))))
  if (missing.length === 0)
    return [{ what: 'tools', found: `all ${TOOLS.length} are there`, remedy: null }]
  return missing.map(([name, debian, why]) => ({
    what: 'tools',
    found: `there is no ${name}, which ${why}`,
    remedy: `apt-get install ${debian}`,
  }))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export async function firmwareCheck(): Promise<Check> {
  const { findFirmware } = await import('@trusted-launch/host')
  try {
    return { what: 'firmware', found: findFirmware().code, remedy: null }
  } catch (error) {
    return { what: 'firmware', found: messageOf(error), remedy: 'apt-get install ovmf' }
  }
}

/** How VMs run here is tried, on a host of its own that is gone afterwards. Emulation is slow, and no fault. */
export async function accelerationCheck(): Promise<Check> {
  const what = 'acceleration'
  const stateDirectory = mkdtempSync(join(tmpdir(), 'tl-doctor-'))
  try {
    const { openHost } = await import('@trusted-launch/host')
    const host = await openHost({ stateDirectory })
    const { accelerator, reason } = await host.acceleration().finally(() => host.close())
    const slow = accelerator === 'tcg' ? ' (VMs are emulated: slow, and as safe)' : ''
    return { what, found: `${accelerator}: ${reason}${slow}`, remedy: null }
  } catch (error) {
    return { what, found: `no VM can run: ${messageOf(error)}`, remedy: 'npm run setup' }
  } finally {
    rmSync(stateDirectory, { recursive: true, force: true })
  }
}

/** Whether virtual networks are made here is tried too. Where they are not, each VM is alone, which is no fault. */
export async function networksCheck(): Promise<Check> {
  const what = 'networks'
  const stateDirectory = mkdtempSync(join(tmpdir(), 'tl-doctor-'))
  try {
    const { openHost } = await import('@trusted-launch/host')
    const host = await openHost({ stateDirectory })
    const mode = await host.networkMode().finally(() => host.close())
    const found = mode.kind === 'bridged' ? 'made by this host' : `none are made (${mode.reason})`
    const alone = mode.kind === 'bridged' ? '' : ': each VM is alone behind its own QEMU'
    return { what, found: `${found}${alone}`, remedy: null }
  } catch (error) {
    return { what, found: messageOf(error), remedy: 'npm run setup' }
  } finally {
    rmSync(stateDirectory, { recursive: true, force: true })
  }
}

/** @param folder it, or the nearest one above it that is there, is on the disk that is meant. */
export function diskCheck(folder: string, freeGibMin = FREE_GIB_MIN): Check {
  let there = folder
  while (!existsSync(there)) there = dirname(there)
  const { bavail, bsize } = statfsSync(there)
  const free = (bavail * bsize) / 2 ** 30
  const found = `${free.toFixed(1)} GiB free at ${there}`
  const remedy = `free some: ${freeGibMin} GiB are wanted, or --data names a larger disk`
  return { what: 'disk', found, remedy: free < freeGibMin ? remedy : null }
}

/**
 * The clock is not before the files of this installation, and kept by somebody as far as can be told.
 * @param synchronized what systemd says; null: there is none to ask.
 */
export function clockCheck(now: number, synchronized = systemdsWord()): Check {
  const what = 'clock'
  const { mtimeMs } = statSync(import.meta.filename)
  const found = new Date(now).toISOString()
  if (now < mtimeMs)
    return { what, found: `${found}, before this program was put here`, remedy: 'set the clock' }
  if (synchronized === null)
    return { what, found: `${found}; who keeps it cannot be told`, remedy: null }
  const remedy = 'timedatectl set-ntp true: verdicts and tokens have times in them'
  return synchronized
    ? { what, found: `${found}, kept by the network`, remedy: null }
    : { what, found: `${found}, kept by nobody`, remedy }
}

function systemdsWord(): boolean | null {
  const asked = ['show', '-p', 'NTPSynchronized', '--value']
  const { status, stdout } = spawnSync('timedatectl', asked, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() === 'yes' : null
}

/** Those of the control plane's HTTPS. It renews them itself, when it starts. */
export function certificateChecks(data: string, now: number): Check[] {
  const what = 'certificates'
  const files = ['authority.pem', 'server.pem'].map((name) => join(data, 'tls', name))
  const there = files.filter((file) => existsSync(file))
  if (there.length === 0) return [{ what, found: 'none yet: tl up makes them', remedy: null }]
  return there.map((file) => {
    try {
      const { validTo } = new X509Certificate(readFileSync(file))
      const days = Math.floor((Date.parse(validTo) - now) / DAY_MS)
      const remedy = days < CERTIFICATE_DAYS_MIN ? 'restart tl up: it makes a new one' : null
      return { what, found: `${file} is good for ${days} days`, remedy }
    } catch (error) {
      return {
        what,
        found: `${file}: ${messageOf(error)}`,
        remedy: 'restart tl up, or remove the file',
      }
    }
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
