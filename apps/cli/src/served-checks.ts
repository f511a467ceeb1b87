import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from './doctor-checks.ts'
import { Connection } from './service/connection.ts'
import { parseProfile } from './service/profile.ts'

const HOST = '/providers/TrustedLaunch/hosts/local'

/** What a control plane says of its host, asked as the first administrator of its data folder. */
export async function servedChecks(data: string): Promise<Check[]> {
  const what = 'control plane'
  const { runningService } = await import('@trusted-launch/service')
  if (runningService(data) === null || !existsSync(join(data, 'admin.json')))
    return [{ what, found: `nobody serves ${data}: tl up does`, remedy: null }]
  try {
    const profile = parseProfile(join(data, 'admin.json'))
    const connection = new Connection(profile)
    const host: any = await connection.client.get(HOST).finally(() => connection.close())
    return [{ what, found: `serves ${profile.endpoint}`, remedy: null }, ...hostChecks(host)]
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    return [{ what, found, remedy: 'tl down; tl up' }]
  }
}

/** What somebody has to decide about, or ought to know. */
export function hostChecks({ properties }: any): Check[] {
  const { unknownMachines: count, unknownFiles = 0, unknownFileBytes = 0, drained } = properties
  const them = count === 1 ? 'a VM' : `${count} VMs`
  const files = unknownFiles === 1 ? 'a file' : `${unknownFiles} files`
  return [
    ...(count > 0
      ? [
          {
            what: 'restored',
            found: `${them} on the host that the restored records do not know, kept as they are`,
            remedy: 'tl host forget: the next start of the control plane erases them',
          },
        ]
      : []),
    ...(unknownFiles > 0
      ? [
          {
            what: 'files',
            found: `${files} of ${mibOf(unknownFileBytes)} MiB on the host that no record names${count > 0 ? ', kept as they are' : ': what is older than a day goes by itself while nothing is in course'}`,
            remedy: null,
          },
        ]
      : []),
    ...(drained === true
      ? [{ what: 'host', found: 'drained: it places no VM', remedy: 'tl host resume' }]
      : []),
  ]
}

const mibOf = (bytes: number) => Math.ceil(bytes / 2 ** 20)
