import { MalformedError } from '@trusted-launch/codec'
import { readNewc } from '../initrd.ts'
import { ukiInitrd } from '../uki.ts'
import {
  cannotTell,
  doesNot,
  type Examined,
  type ExaminedRow,
  type Followed,
  rowOr,
  works,
} from './examination.ts'
import type { ExaminedDisk } from './examined-disk.ts'
import { has, kernelConfigOf, rootOf } from './system-files.ts'

/** Where this project puts its agent: as a service, or into the initial RAM file system. */
const agentPath = 'usr/lib/trusted-launch/agent'
const agentInInitrd = 'bin/trusted-launch-agent'

/** What runs once the kernel does: its TPM driver, IMA, cloud-init, the agent. */
export function systemRows(followed: Followed, examined: ExaminedDisk): ExaminedRow[] {
  const config = kernelConfigOf(examined)
  const root = rootOf(examined)
  const unread = examined.unread.length === 0 ? '' : ` (not read: ${examined.unread.join(', ')})`
  const noRoot = `no root file system that can be read here${unread}`
  return [
    configRow(
      'TPM driver',
      config,
      tpmOptions,
      'a kernel with a TPM driver: without one nothing can be attested',
    ),
    configRow(
      'IMA',
      config,
      imaOptions,
      'modules and programs are then not measured: a kernel with CONFIG_IMA',
    ),
    root === null
      ? cannotTell('cloud-init', noRoot)
      : has(root, 'usr/bin/cloud-init') || has(root, 'etc/cloud/cloud.cfg')
        ? works('cloud-init', 'it is installed: names, users and keys reach the guest')
        : doesNot(
            'cloud-init',
            'it is not installed',
            'users, keys and scripts of a new VM do not reach the guest: install cloud-init',
          ),
    rowOr(cannotTell, 'agent', () => agentRow(followed, examined, noRoot)),
  ]
}

const tpmOptions = ['CONFIG_TCG_CRB', 'CONFIG_TCG_TIS']
const imaOptions = ['CONFIG_IMA']

/** One of these options is set, built in or as a module. */
function configRow(
  what: Examined,
  config: { path: string; text: string } | null,
  options: readonly string[],
  advice: string,
): ExaminedRow {
  if (config === null)
    return cannotTell(what, 'no kernel configuration (/boot/config-*) can be read')
  const set = options.find((option) => new RegExp(`^${option}=[ym]$`, 'm').test(config.text))
  if (set !== undefined) return works(what, `${set} is set in ${config.path}`)
  return doesNot(what, `${options.join(', ')}: not set in ${config.path}`, advice)
}

function agentRow(followed: Followed, examined: ExaminedDisk, noRoot: string): ExaminedRow {
  const root = rootOf(examined)
  if (root !== null && has(root, agentPath)) return works('agent', `/${agentPath} is installed`)
  if (isInInitrd(followed)) return works('agent', 'it is in the initial RAM file system')
  if (root === null) return cannotTell('agent', noRoot)
  return doesNot(
    'agent',
    'it is not installed',
    'its VMs run, and have no verdict: install the agent, docs/guides/bring-your-own-image.md',
  )
}

function isInInitrd({ chain }: Followed): boolean {
  if (chain === null) return false
  const archives =
    chain.kind === 'uki' ? [ukiInitrd(chain)] : chain.run.initrds.map(({ bytes }) => bytes)
  return archives.some((bytes) => bytes !== null && namesIn(bytes).includes(agentInInitrd))
}

/** Of an archive that is compressed or none: nothing can be told. */
function namesIn(archive: Uint8Array): string[] {
  try {
    return readNewc(archive).map(({ path }) => path)
  } catch (e) {
    if (e instanceof MalformedError) return []
    throw e
  }
}
